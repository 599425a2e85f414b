import { consoleTexts } from "../../console-texts.ts";
import type { Schemas } from "../../shared/api.ts";
import { Dialog } from "../../shared/components/Dialog.tsx";
import { Note } from "../../shared/components/ErrorNote.tsx";
import { Foreign } from "../../shared/components/Foreign.tsx";
import { texts } from "../../texts.ts";

const words = consoleTexts.typeForm;

/** What saving an event type came to: what of it receivers may not expect, and whether events are held to it. */
export function SavedType({ type, onClose }: { type: Schemas["EventTypeEntry"]; onClose: () => void }) {
  return (
    <Dialog title={words.savedTitle(type.name)} onClose={onClose}>
      {type.breaking.length > 0 && (
        <Note tone="warning" role="status">
          <div className="stack stack-tight">
            <p><strong>{words.breaking}</strong></p>
            <ul className="bullets">{type.breaking.map((part) => <li key={part}><Foreign>{part}</Foreign></li>)}</ul>
          </div>
        </Note>
      )}
      {type.breaking.length === 0 && <Note tone="good" role="status"><p>{words.notBreaking}</p></Note>}
      <p>{enforcementOf(type)}</p>
      <div className="actions">
        <button type="button" className="button button-primary" onClick={onClose}>{texts.close}</button>
      </div>
    </Dialog>
  );
}

function enforcementOf({ is_enforced, validation, schema }: Schemas["EventTypeEntry"]): string {
  if (is_enforced) return words.enforced;
  if (validation !== "none") return words.notEnforced;
  return schema ? words.documentation : words.noSchema;
}
