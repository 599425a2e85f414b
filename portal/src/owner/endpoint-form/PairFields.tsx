import { FieldGroup } from "../../shared/components/Field.tsx";
import { Foreign } from "../../shared/components/Foreign.tsx";
import { PairRows } from "../../shared/components/PairRows.tsx";
import { texts } from "../../texts.ts";
import type { FormPart } from "./EndpointForm.tsx";

const MOST = 20;

/** Headers to send along. Those that the endpoint has cannot be shown: they stay, or are replaced as a whole. */
export function HeaderFields({ part, known }: { part: FormPart; known: string[] }) {
  const words = texts.form;
  const { draft, change, problem } = part;
  return (
    <FieldGroup label={words.headers} hint={words.headersHint} error={problem("headers")}>
      {known.length > 0 && (
        <p className="row">
          {words.knownHeaders}
          <span className="chips">
            {known.map((name) => <span key={name} className="chip"><Foreign>{name}</Foreign></span>)}
          </span>
        </p>
      )}
      {!draft.replacesHeaders && (
        <div>
          <button type="button" className="button button-small" onClick={() => change({ replacesHeaders: true })}>
            {known.length > 0 ? words.replaceHeaders : words.addHeader}
          </button>
        </div>
      )}
      {draft.replacesHeaders && (
        <>
          {known.length > 0 && <p className="field-warning">{words.replacedWarning}</p>}
          <PairRows
            pairs={draft.headers}
            nameLabel={words.headerName}
            valueLabel={words.headerValue}
            addLabel={words.addHeader}
            most={MOST}
            isSecret
            onChange={(headers) => change({ headers })}
          />
          {known.length > 0 && (
            <div>
              <button
                type="button"
                className="button button-small"
                onClick={() => change({ replacesHeaders: false, headers: [] })}
              >
                {words.keepHeaders}
              </button>
            </div>
          )}
        </>
      )}
    </FieldGroup>
  );
}

/** What the owner finds the endpoint by. */
export function MetadataFields({ part }: { part: FormPart }) {
  const words = texts.form;
  const { draft, change, problem } = part;
  return (
    <FieldGroup label={words.metadata} hint={words.metadataHint} error={problem("metadata")}>
      <PairRows
        pairs={draft.metadata}
        nameLabel={words.metadataName}
        valueLabel={words.metadataValue}
        addLabel={words.addMetadata}
        most={MOST}
        onChange={(metadata) => change({ metadata })}
      />
    </FieldGroup>
  );
}
