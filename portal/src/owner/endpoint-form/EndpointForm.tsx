import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";

import { ApiError, type Schemas } from "../../shared/api.ts";
import { ErrorNote } from "../../shared/components/ErrorNote.tsx";
import { Field, FieldGroup } from "../../shared/components/Field.tsx";
import { Loaded } from "../../shared/components/Loaded.tsx";
import { TypeTree } from "../../shared/components/TypeTree.tsx";
import { urlProblem } from "../../shared/url-check.ts";
import { texts } from "../../texts.ts";
import { eventTypesQuery } from "../queries.ts";
import { DeliveryFields } from "./DeliveryFields.tsx";
import { bodyOf, draftOf, problemsOf, type Draft, type DraftBody, type DraftField } from "./draft.ts";
import { FilterField } from "./FilterField.tsx";
import { HeaderFields, MetadataFields } from "./PairFields.tsx";
import { SignatureFields } from "./SignatureFields.tsx";

/** What the parts of the form share. */
export interface FormPart {
  draft: Draft;
  change: (part: Partial<Draft>) => void;
  /** What is wrong with a field. */
  problem: (field: DraftField) => string | null;
}

interface EndpointFormProps {
  /** Null for a new one. */
  endpoint: Schemas["Endpoint"] | null;
  action: string;
  isBusy: boolean;
  error: Error | null;
  onSubmit: (body: DraftBody) => void;
  onCancel: () => void;
}

const FIELDS: DraftField[] = [
  "url", "description", "events", "filter", "headers", "rate_limit_per_minute", "max_attempts", "retry_schedule",
  "ordering", "metadata", "secret", "signature_headers",
];

/** The settings of an endpoint. */
export function EndpointForm({ endpoint, action, isBusy, error, onSubmit, onCancel }: EndpointFormProps) {
  const [draft, setDraft] = useState(() => draftOf(endpoint));
  const [isChecked, setIsChecked] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const problems = problemsOf(draft);
  const part: FormPart = {
    draft,
    change: (news) => setDraft((before) => ({ ...before, ...news })),
    problem: (field) => (isChecked && problems[field]) || fieldMessage(error, field),
  };
  useEffect(() => {
    if (error) focusFirstProblem(form.current);
  }, [error]);
  const submit = () => {
    setIsChecked(true);
    if (Object.keys(problems).length === 0) onSubmit(bodyOf(draft));
    else setTimeout(() => focusFirstProblem(form.current));
  };
  return (
    <form
      ref={form}
      className="stack endpoint-form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (!isBusy) submit();
      }}
    >
      <WhatAndWhere part={part} endpointId={endpoint?.id ?? null} />
      <DeliveryFields part={part} />
      <SignatureFields part={part} isNew={endpoint === null} />
      <section className="card stack" aria-labelledby="form-more">
        <h2 id="form-more">{texts.form.more}</h2>
        <HeaderFields part={part} known={endpoint?.headers ?? []} />
        <MetadataFields part={part} />
      </section>
      {error && !FIELDS.some((field) => fieldMessage(error, field)) && <ErrorNote error={error} />}
      <div className="actions form-actions">
        <button type="submit" className="button button-primary" disabled={isBusy}>
          {isBusy ? texts.working : action}
        </button>
        <button type="button" className="button" onClick={onCancel}>{texts.cancel}</button>
      </div>
    </form>
  );
}

function WhatAndWhere({ part, endpointId }: { part: FormPart; endpointId: string | null }) {
  const words = texts.form;
  const { draft, change, problem } = part;
  const types = useQuery(eventTypesQuery());
  return (
    <section className="card stack" aria-labelledby="form-what">
      <h2 id="form-what">{words.what}</h2>
      <Field
        label={words.url}
        hint={words.urlHint}
        error={problem("url")}
        warning={draft.url.trim() ? urlProblem(draft.url.trim()) : null}
      >
        {(control) => (
          <input
            {...control}
            type="url"
            inputMode="url"
            placeholder="https://example.com/webhooks"
            autoComplete="off"
            spellCheck={false}
            value={draft.url}
            onChange={(event) => change({ url: event.target.value })}
          />
        )}
      </Field>
      <Field label={words.description} hint={words.descriptionHint} error={problem("description")}>
        {(control) => (
          <input
            {...control}
            dir="auto"
            maxLength={500}
            value={draft.description}
            onChange={(event) => change({ description: event.target.value })}
          />
        )}
      </Field>
      <FieldGroup label={words.events} hint={words.eventsHint} error={problem("events")}>
        <Loaded query={types} lines={6}>
          {(catalogue) => (
            <TypeTree types={catalogue} chosen={draft.events} onChange={(events) => change({ events })} />
          )}
        </Loaded>
      </FieldGroup>
      <FilterField part={part} endpointId={endpointId} />
    </section>
  );
}

/** The sentence of the API's that is about this field or a part of it. */
function fieldMessage(error: Error | null, field: DraftField): string | null {
  if (!(error instanceof ApiError) || error.field === null) return null;
  return error.field === field || error.field.startsWith(`${field}.`) ? error.message : null;
}

function focusFirstProblem(form: HTMLFormElement | null): void {
  const control = form?.querySelector<HTMLElement>('[aria-invalid="true"]');
  const message = form?.querySelector<HTMLElement>(".field-error");
  if (control) control.focus();
  else message?.scrollIntoView({ block: "center" });
}
