import { consoleTexts } from "../../console-texts.ts";
import { Field, FieldGroup } from "../../shared/components/Field.tsx";
import { fieldError } from "../field-error.ts";
import { jsonProblem, type TypeDraft } from "./draft.ts";

interface TypeFieldsProps {
  draft: TypeDraft;
  /** Whether the type has its name already. */
  isNamed: boolean;
  /** Whether another type has the name. */
  isTaken: boolean;
  error: Error | null;
  onChange: (part: Partial<TypeDraft>) => void;
}

const words = consoleTexts.typeForm;

/** What can be said about an event type. */
export function TypeFields({ draft, isNamed, isTaken, error, onChange }: TypeFieldsProps) {
  return (
    <>
      {!isNamed && (
        <Field label={words.name} hint={words.nameHint} error={isTaken ? words.known : fieldError(error, "name")}>
          {(control) => (
            <input
              {...control}
              className="code"
              maxLength={100}
              spellCheck={false}
              autoComplete="off"
              value={draft.name}
              onChange={(event) => onChange({ name: event.target.value })}
            />
          )}
        </Field>
      )}
      <Field label={words.description} error={fieldError(error, "description")}>
        {(control) => (
          <textarea
            {...control}
            dir="auto"
            rows={2}
            maxLength={1_000}
            value={draft.description}
            onChange={(event) => onChange({ description: event.target.value })}
          />
        )}
      </Field>
      <JsonField
        label={words.example}
        value={draft.example}
        error={fieldError(error, "example")}
        onChange={(example) => onChange({ example })}
      />
      <JsonField
        label={words.schema}
        value={draft.schema}
        error={fieldError(error, "schema")}
        onChange={(schema) => onChange({ schema })}
      />
      <ValidationChoice draft={draft} error={error} onChange={onChange} />
      <label className="choice">
        <input
          type="checkbox"
          checked={draft.isArchived}
          onChange={(event) => onChange({ isArchived: event.target.checked })}
        />
        <span>{words.archived}<span className="choice-description">{words.archivedHint}</span></span>
      </label>
    </>
  );
}

interface JsonFieldProps {
  label: string;
  value: string;
  error: string | null;
  onChange: (value: string) => void;
}

function JsonField({ label, value, error, onChange }: JsonFieldProps) {
  return (
    <Field label={label} hint={words.emptyHint} error={jsonProblem(value) ?? error}>
      {(control) => (
        <textarea
          {...control}
          className="code"
          dir="auto"
          rows={6}
          spellCheck={false}
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  );
}

function ValidationChoice({ draft, error, onChange }: Omit<TypeFieldsProps, "isNamed" | "isTaken">) {
  const hasSchema = draft.schema.trim() !== "";
  return (
    <FieldGroup
      label={words.validation}
      hint={hasSchema ? null : words.needsSchema}
      error={fieldError(error, "validation")}
    >
      {(["none", "warn", "refuse"] as const).map((validation) => (
        <label key={validation} className="choice">
          <input
            type="radio"
            name="validation"
            value={validation}
            disabled={!hasSchema}
            checked={(hasSchema ? draft.validation : "none") === validation}
            onChange={() => onChange({ validation })}
          />
          <span>{words.validations[validation]}</span>
        </label>
      ))}
    </FieldGroup>
  );
}
