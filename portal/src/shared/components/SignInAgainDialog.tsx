import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState, type ReactNode } from "react";

import { texts } from "../../texts.ts";
import { OtherPerson } from "../session.ts";
import { Dialog } from "./Dialog.tsx";
import { ErrorNote } from "./ErrorNote.tsx";
import { Foreign } from "./Foreign.tsx";

// A credential that ended so soon after it was renewed would only be renewed for ever.
const SHORTEST_SESSION_MS = 15_000;
let renewedAt = 0;

interface SignInAgainDialogProps {
  /** Why a link did not open the session. */
  problem: Error | null;
  /** Renews the session without its user. */
  onRenew: () => Promise<void>;
  /** Other ways to a session. */
  children: ReactNode;
}

/** Over the page when the session has ended: renews it, and keeps what was typed below. */
export function SignInAgainDialog({ problem, onRenew, children }: SignInAgainDialogProps) {
  const queryClient = useQueryClient();
  const [isBusy, setIsBusy] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  const renew = async () => {
    setIsBusy(true);
    try {
      await onRenew();
      renewedAt = Date.now();
    } catch (error) {
      setFailure(error instanceof OtherPerson ? error.message : texts.signIn.failed);
      setIsBusy(false);
    }
  };
  useEffect(() => {
    if (Date.now() - renewedAt > SHORTEST_SESSION_MS) void renew();
    // When the dialog closes there is a session again.
    return () => void queryClient.invalidateQueries();
  }, []);
  return (
    <Dialog title={texts.signIn.title} description={<p>{texts.signIn.explanation}</p>}>
      <div className="stack">
        <p role="status"><Foreign>{isBusy ? texts.signIn.renewing : failure}</Foreign></p>
        {problem && <ErrorNote error={problem} />}
        <div>
          <button type="button" className="button button-primary" onClick={renew} disabled={isBusy}>
            {texts.tryAgain}
          </button>
        </div>
        {children}
      </div>
    </Dialog>
  );
}
