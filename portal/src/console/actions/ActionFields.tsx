import { consoleTexts } from "../../console-texts.ts";
import { Field, FieldGroup } from "../../shared/components/Field.tsx";
import { TimeField } from "../../shared/components/TimeField.tsx";
import { fieldError } from "../field-error.ts";
import { ACTIONS } from "../search.ts";
import type { ActionDraft, DraftProblems } from "./draft.ts";
import { ErasureFields } from "./ErasureFields.tsx";

/** What the fields of an action need. */
export interface ActionFieldsProps {
  draft: ActionDraft;
  problems: DraftProblems;
  error: Error | null;
  onChange: (part: Partial<ActionDraft>) => void;
}

/** The choice of an action, and the fields that it has. */
export function ActionFields(props: ActionFieldsProps) {
  const { draft, onChange } = props;
  const words = consoleTexts.actions;
  return (
    <>
      <FieldGroup label={words.action}>
        {ACTIONS.map((action) => (
          <label key={action} className="choice">
            <input
              type="radio"
              name="action"
              value={action}
              checked={draft.action === action}
              onChange={() => onChange({ action })}
            />
            <span>
              {words.names[action]}
              <span className="choice-description">{words.explanations[action]}</span>
            </span>
          </label>
        ))}
      </FieldGroup>
      <OwnerField {...props} />
      {draft.action === "erase" && <ErasureFields {...props} />}
      {(draft.action === "pause" || draft.action === "resume") && <EndpointIds {...props} />}
      {(draft.action === "resend" || draft.action === "cancel") && <DeliveryFields {...props} />}
    </>
  );
}

function OwnerField({ draft, problems, error, onChange }: ActionFieldsProps) {
  const words = consoleTexts.actions;
  const isOfEndpoints = draft.action === "pause" || draft.action === "resume";
  return (
    <Field
      label={isOfEndpoints ? words.ownerOrIds : words.ownerField}
      hint={words.ownerHint}
      error={problems.owner ?? fieldError(error, "owner", "user_id")}
    >
      {(control) => (
        <input
          {...control}
          className="code"
          spellCheck={false}
          autoComplete="off"
          value={draft.owner}
          onChange={(event) => onChange({ owner: event.target.value })}
        />
      )}
    </Field>
  );
}

function EndpointIds({ draft, problems, error, onChange }: ActionFieldsProps) {
  return (
    <Field
      label={consoleTexts.actions.endpointIds}
      error={problems.endpoints ?? fieldError(error, "endpoint_ids")}
    >
      {(control) => (
        <textarea
          {...control}
          className="code"
          rows={4}
          spellCheck={false}
          value={draft.endpoints}
          onChange={(event) => onChange({ endpoints: event.target.value })}
        />
      )}
    </Field>
  );
}

function DeliveryFields({ draft, problems, error, onChange }: ActionFieldsProps) {
  const words = consoleTexts.actions;
  return (
    <>
      <Field label={words.endpointId} error={problems.endpoints ?? fieldError(error, "endpoint_id")}>
        {(control) => (
          <input
            {...control}
            className="code"
            spellCheck={false}
            autoComplete="off"
            value={draft.endpoints}
            onChange={(event) => onChange({ endpoints: event.target.value })}
          />
        )}
      </Field>
      <Field label={words.eventType} error={fieldError(error, "event_type")}>
        {(control) => (
          <input
            {...control}
            className="code"
            spellCheck={false}
            autoComplete="off"
            maxLength={100}
            value={draft.eventType}
            onChange={(event) => onChange({ eventType: event.target.value })}
          />
        )}
      </Field>
      <div className="columns">
        <TimeField label={words.since} value={draft.since} onChange={(since) => onChange({ since })} />
        <TimeField label={words.until} value={draft.until} onChange={(until) => onChange({ until })} />
      </div>
    </>
  );
}
