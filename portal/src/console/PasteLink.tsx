import { consoleTexts } from "../console-texts.ts";
import { PasteLinkForm } from "../shared/components/PasteLinkForm.tsx";
import { session } from "./session.ts";

/** Opens the console by a link that the operator has. */
export function PasteLink() {
  const { paste, pasteHint } = consoleTexts.closed;
  return <PasteLinkForm label={paste} hint={pasteHint} onPaste={(text) => session.takePasted(text)} />;
}
