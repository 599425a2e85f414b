import { consoleTexts } from "../../console-texts.ts";
import { FieldGroup } from "../../shared/components/Field.tsx";
import { TimeField } from "../../shared/components/TimeField.tsx";
import { fieldError } from "../field-error.ts";
import { ACTIONS, type ActionName } from "../search.ts";
import { CodeField } from "./CodeField.tsx";
import { isOfDeliveries, type ActionDraft, type DraftProblems } from "./draft.ts";
import { ErasureFields } from "./ErasureFields.tsx";

/** What the fields of an action need. */
export interface ActionFieldsProps {
  draft: ActionDraft;
  problems: DraftProblems;
  error: Error | null;
  onChange: (part: Partial<ActionDraft>) => void;
}

// What the API calls the fields of each action that show what it says of them.
const DELIVERY_FIELDS = ["owner", "endpoint_id", "event_type"];
const ENDPOINT_FIELDS = ["owner", "endpoint_ids"];
const FIELDS: Record<ActionName, string[]> = {
  resend: DELIVERY_FIELDS,
  cancel: DELIVERY_FIELDS,
  pause: ENDPOINT_FIELDS,
  resume: ENDPOINT_FIELDS,
  erase: ["user_id"],
};

/** Whether one of the fields shows this error. */
export function hasField({ action, eraseBy }: ActionDraft, error: Error): boolean {
  const which = eraseBy === "ids" ? "event_ids" : "contains";
  return fieldError(error, ...FIELDS[action], ...(action === "erase" ? [which] : [])) !== null;
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
      {isOfDeliveries(draft) && <DeliveryFields {...props} />}
    </>
  );
}

function OwnerField({ draft, problems, error, onChange }: ActionFieldsProps) {
  const words = consoleTexts.actions;
  return (
    <CodeField
      label={words.ownerField}
      hint={words.ownerHint}
      error={problems.owner ?? fieldError(error, "owner", "user_id")}
      value={draft.owner}
      onChange={(owner) => onChange({ owner })}
    />
  );
}

function EndpointIds({ draft, problems, error, onChange }: ActionFieldsProps) {
  return (
    <CodeField
      label={consoleTexts.actions.endpointIds}
      error={problems.endpoints ?? fieldError(error, "endpoint_ids")}
      isLong
      value={draft.endpoints}
      onChange={(endpoints) => onChange({ endpoints })}
    />
  );
}

function DeliveryFields({ draft, problems, error, onChange }: ActionFieldsProps) {
  const words = consoleTexts.actions;
  return (
    <>
      <CodeField
        label={words.endpointId}
        error={problems.endpoints ?? fieldError(error, "endpoint_id")}
        // Lines would run together here.
        value={draft.endpoints.replaceAll("\n", " ")}
        onChange={(endpoints) => onChange({ endpoints })}
      />
      <CodeField
        label={words.eventType}
        error={fieldError(error, "event_type")}
        value={draft.eventType}
        onChange={(eventType) => onChange({ eventType })}
      />
      <div className="columns">
        <TimeField label={words.since} value={draft.since} onChange={(since) => onChange({ since })} />
        <TimeField label={words.until} value={draft.until} onChange={(until) => onChange({ until })} />
      </div>
    </>
  );
}
