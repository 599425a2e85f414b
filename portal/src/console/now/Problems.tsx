import { consoleTexts } from "../../console-texts.ts";
import type { Schemas } from "../../shared/api.ts";
import { Note } from "../../shared/components/ErrorNote.tsx";
import { Foreign } from "../../shared/components/Foreign.tsx";

/** What needs somebody, or that all is well. */
export function Problems({ problems }: { problems: Schemas["Overview"]["problems"] }) {
  const words = consoleTexts.now;
  if (problems.length === 0) {
    return <Note tone="good" role="status"><p><strong>{words.allWell}</strong> {words.checked}</p></Note>;
  }
  return (
    <ul className="plain-list stack stack-tight" aria-label={words.problems}>
      {problems.map(({ code, message }) => (
        <li key={code}>
          <Note tone="bad" role="status">
            <div className="stack stack-tight">
              <strong><Foreign>{message}</Foreign></strong>
              <span>{consoleTexts.problems[code]}</span>
            </div>
          </Note>
        </li>
      ))}
    </ul>
  );
}
