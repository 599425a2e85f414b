import { texts } from "../../texts.ts";
import type { SessionState } from "../session.ts";
import { Note } from "./ErrorNote.tsx";
import { Foreign } from "./Foreign.tsx";

interface LinkNoteProps {
  session: SessionState;
  onClose: () => void;
}

/** Says that a link did not open the session, and whose session the page goes on with. */
export function LinkNote({ session: { status, problem, operator, owner }, onClose }: LinkNoteProps) {
  const who = operator ?? owner;
  if (!problem || status !== "open") return null;
  return (
    <Note tone="warning" role="alert">
      <p>
        <Foreign>{problem.message}</Foreign> {who && <>{texts.link.signedInAs} <Foreign>{who}</Foreign>.</>}
      </p>
      <button type="button" className="button" onClick={onClose}>{texts.close}</button>
    </Note>
  );
}
