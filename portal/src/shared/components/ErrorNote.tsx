import type { ReactNode } from "react";

import { texts } from "../../texts.ts";
import { ApiError } from "../api.ts";
import { Foreign } from "./Foreign.tsx";
import { Icon } from "./Icon.tsx";
import { Countdown } from "./Time.tsx";

/** Why something failed, in a sentence, and what to do about it. */
export function ErrorNote({ error, onRetry }: { error: Error; onRetry?: () => void }) {
  return (
    <Note tone="bad" role="alert">
      <p><Foreign>{error.message}</Foreign></p>
      {onRetry && <button type="button" className="button" onClick={onRetry}>{texts.retry}</button>}
    </Note>
  );
}

/** Says that a call was refused for now, and when it is repeated. */
export function WaitingNote({ error }: { error: Error }) {
  const retryAt = error instanceof ApiError ? error.retryAt : null;
  return (
    <Note tone="warning" role="status">
      <p>
        <Foreign>{error.message}</Foreign> {texts.errors.tryingAgain} {retryAt && <Countdown until={retryAt} />}
      </p>
    </Note>
  );
}

const NOTE_ICONS = { bad: "warning", warning: "warning", info: "info", good: "check" } as const;

interface NoteProps {
  tone: "bad" | "warning" | "info" | "good";
  role?: "alert" | "status" | "note";
  children: ReactNode;
}

/** A framed message within a page. */
export function Note({ tone, role, children }: NoteProps) {
  return (
    <div className={`note note-${tone}`} role={role}>
      <Icon name={NOTE_ICONS[tone]} />
      <div className="note-body">{children}</div>
    </div>
  );
}
