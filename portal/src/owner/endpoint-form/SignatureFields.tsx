import { Field, FieldGroup } from "../../shared/components/Field.tsx";
import { texts } from "../../texts.ts";
import type { FormPart } from "./EndpointForm.tsx";
import { SignatureRows } from "./SignatureRows.tsx";

/** How deliveries are signed: the headers, and for a new endpoint the secret, where its owner has one. */
export function SignatureFields({ part, isNew }: { part: FormPart; isNew: boolean }) {
  const words = texts.signatures;
  return (
    <section className="card stack" aria-labelledby="form-signed">
      <h2 id="form-signed">{words.title}</h2>
      {isNew && <SecretField part={part} />}
      <HeadersField part={part} isNew={isNew} />
    </section>
  );
}

function SecretField({ part }: { part: FormPart }) {
  const words = texts.signatures;
  const { draft, change, problem } = part;
  const secret = draft.secret.trim();
  return (
    <Field
      label={words.secret}
      hint={words.secretHint}
      error={problem("secret")}
      warning={secret && !/^whsec_[A-Za-z0-9+/]+=*$/.test(secret) ? words.secretWarning : null}
    >
      {(control) => (
        <input
          {...control}
          type="password"
          autoComplete="off"
          value={draft.secret}
          onChange={(event) => change({ secret: event.target.value })}
        />
      )}
    </Field>
  );
}

function HeadersField({ part, isNew }: { part: FormPart; isNew: boolean }) {
  const words = texts.signatures;
  const { draft, change, problem } = part;
  return (
    <FieldGroup
      label={words.headers}
      hint={isNew ? words.headersHint : <>{words.headersHint} {words.changeHint}</>}
      error={problem("signature_headers")}
    >
      {([true, false] as const).map((isUsual) => (
        <label key={String(isUsual)} className="choice">
          <input
            type="radio"
            name="signatures"
            checked={draft.hasUsualSignatures === isUsual}
            onChange={() => change({ hasUsualSignatures: isUsual })}
          />
          <span>
            {isUsual ? words.usual : words.own}
            <span className="choice-description">{isUsual ? words.usualDescription : words.ownDescription}</span>
          </span>
        </label>
      ))}
      {!draft.hasUsualSignatures && (
        <SignatureRows rows={draft.signatures} onChange={(signatures) => change({ signatures })} />
      )}
    </FieldGroup>
  );
}
