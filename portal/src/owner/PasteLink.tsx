import { PasteLinkForm } from "../shared/components/PasteLinkForm.tsx";
import { texts } from "../texts.ts";
import { session } from "./session.ts";

/** Opens the portal by a link that the user has. */
export function PasteLink() {
  const { label, hint } = texts.paste;
  return <PasteLinkForm label={label} hint={hint} onPaste={(text) => session.takePasted(text)} />;
}
