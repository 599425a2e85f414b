import { useId, useState, type ReactNode } from "react";

import { texts } from "../../texts.ts";
import { Dialog } from "./Dialog.tsx";
import { ErrorNote } from "./ErrorNote.tsx";
import { Foreign } from "./Foreign.tsx";

interface ConfirmProps {
  title: string;
  children?: ReactNode;
  /** What the button says, with the count where there is one: "Send 37 again". */
  action: string;
  isDangerous?: boolean;
  isBusy: boolean;
  isDisabled?: boolean;
  error: Error | null;
  /** What must be typed before the button works. */
  typed?: string;
  onConfirm: () => void;
  onClose: () => void;
}

/** Asks before something is done that cannot be taken back. */
export function Confirm(props: ConfirmProps) {
  const { title, children, action, isDangerous, isBusy, isDisabled, error, typed, onConfirm, onClose } = props;
  const [text, setText] = useState("");
  const id = useId();
  const isReady = !isDisabled && (typed === undefined || text.trim() === typed);
  return (
    <Dialog title={title} description={children} onClose={onClose}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (isReady && !isBusy) onConfirm();
        }}
      >
        {typed !== undefined && (
          <div className="field">
            <label htmlFor={id}>
              {texts.confirm.typeBefore} <Foreign isCode>{typed}</Foreign> {texts.confirm.typeAfter}
            </label>
            <input id={id} value={text} onChange={(event) => setText(event.target.value)} autoComplete="off" />
          </div>
        )}
        {error && <ErrorNote error={error} />}
        <div className="actions">
          <button type="button" className="button" onClick={onClose}>{texts.cancel}</button>
          <button
            type="submit"
            className={isDangerous ? "button button-danger" : "button button-primary"}
            disabled={!isReady || isBusy}
          >
            {isBusy ? texts.working : action}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
