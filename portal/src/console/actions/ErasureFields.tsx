import { consoleTexts } from "../../console-texts.ts";
import { FieldGroup } from "../../shared/components/Field.tsx";
import { objectProblem } from "../../shared/object-problem.ts";
import { fieldError } from "../field-error.ts";
import type { ActionFieldsProps } from "./ActionFields.tsx";
import { CodeField } from "./CodeField.tsx";

/** Which events to erase: by their ids, or by what their data contains. */
export function ErasureFields({ draft, problems, error, onChange }: ActionFieldsProps) {
  const words = consoleTexts.actions;
  const typedProblem = draft.contains.trim() ? objectProblem(draft.contains) : null;
  return (
    <>
      <FieldGroup label={words.eraseBy}>
        {(["ids", "content"] as const).map((way) => (
          <label key={way} className="choice">
            <input
              type="radio"
              name="erase-by"
              value={way}
              checked={draft.eraseBy === way}
              onChange={() => onChange({ eraseBy: way })}
            />
            <span>{way === "ids" ? words.eraseByIds : words.eraseByContent}</span>
          </label>
        ))}
      </FieldGroup>
      {draft.eraseBy === "ids" && (
        <CodeField
          label={words.eventIds}
          error={problems.eventIds ?? fieldError(error, "event_ids")}
          isLong
          value={draft.eventIds}
          onChange={(eventIds) => onChange({ eventIds })}
        />
      )}
      {draft.eraseBy === "content" && (
        <CodeField
          label={words.contains}
          hint={<>{words.containsHint} <code>{words.containsExample}</code></>}
          error={typedProblem ?? problems.contains ?? fieldError(error, "contains")}
          isLong
          value={draft.contains}
          onChange={(contains) => onChange({ contains })}
        />
      )}
    </>
  );
}
