import { useQuery } from "@tanstack/react-query";

import { ApiError, type Schemas } from "../../shared/api.ts";
import { Field, FieldGroup } from "../../shared/components/Field.tsx";
import { TimeField } from "../../shared/components/TimeField.tsx";
import { TypeTree } from "../../shared/components/TypeTree.tsx";
import { texts } from "../../texts.ts";
import { EndpointSelect } from "../EndpointSelect.tsx";
import { eventTypesQuery } from "../queries.ts";

/** What to replay, as it was chosen. */
export interface ReplayDraft {
  endpointId: string;
  since: string | undefined;
  until: string | undefined;
  types: string[];
  filter: string;
  only: Schemas["ReplayOnly"];
  newIds: boolean;
}

interface ReplayFieldsProps {
  draft: ReplayDraft;
  onChange: (part: Partial<ReplayDraft>) => void;
  error: Error | null;
}

const CHOICES = ["missing", "failed", "all"] as const;

/** The choice of what to replay, and where to. */
export function ReplayFields({ draft, onChange, error }: ReplayFieldsProps) {
  const words = texts.replay;
  const types = useQuery(eventTypesQuery());
  const filterError = error instanceof ApiError && error.field === "filter" ? error.message : null;
  return (
    <>
      <EndpointSelect
        value={draft.endpointId}
        allLabel={words.chooseEndpoint}
        onChange={(endpointId) => onChange({ endpointId })}
      />
      <div className="columns">
        <TimeField label={words.since} value={draft.since} onChange={(since) => onChange({ since })} />
        <TimeField label={words.until} value={draft.until} onChange={(until) => onChange({ until })} />
      </div>
      <FieldGroup label={words.only}>
        {CHOICES.map((choice) => (
          <label key={choice} className="choice">
            <input
              type="radio"
              name="only"
              value={choice}
              checked={draft.only === choice}
              onChange={() => onChange({ only: choice })}
            />
            <span>{words.onlyChoices[choice]}</span>
          </label>
        ))}
      </FieldGroup>
      <details>
        <summary>{words.narrow(draft.types.length)}</summary>
        <div className="stack">
          <TypeTree types={types.data ?? []} chosen={draft.types} onChange={(chosen) => onChange({ types: chosen })} />
          <Field label={texts.filter.label} error={filterError}>
            {(control) => (
              <input
                {...control}
                className="code"
                spellCheck={false}
                value={draft.filter}
                onChange={(event) => onChange({ filter: event.target.value })}
              />
            )}
          </Field>
        </div>
      </details>
      <label className="choice">
        <input
          type="checkbox"
          checked={draft.newIds}
          onChange={(event) => onChange({ newIds: event.target.checked })}
        />
        <span>{words.newIds}<span className="choice-description">{words.newIdsHint}</span></span>
      </label>
    </>
  );
}
