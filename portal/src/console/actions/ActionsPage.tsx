import { consoleTexts } from "../../console-texts.ts";
import { Note } from "../../shared/components/ErrorNote.tsx";
import { PageHeading } from "../../shared/components/PageHeading.tsx";
import { useCanWrite } from "../session.ts";
import { ActionForm } from "./ActionForm.tsx";

/** Actions on many deliveries, endpoints or events. */
export function ActionsPage() {
  const words = consoleTexts.actions;
  const canWrite = useCanWrite();
  return (
    <>
      <PageHeading title={words.title} />
      <p className="hint">{words.explanation} {words.logged}</p>
      {canWrite ? <ActionForm /> : <Note tone="info"><p>{consoleTexts.readOnly}</p></Note>}
    </>
  );
}
