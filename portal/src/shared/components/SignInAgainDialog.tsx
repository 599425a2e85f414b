import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState, type ReactNode } from "react";

import { texts } from "../../texts.ts";
import { Dialog } from "./Dialog.tsx";

// A credential that ended so soon after it was renewed would only be renewed for ever.
const SHORTEST_SESSION_MS = 15_000;
let renewedAt = 0;

interface SignInAgainDialogProps {
  /** Renews the session without its user. */
  onRenew: () => Promise<void>;
  /** Other ways to a session. */
  children: ReactNode;
}

/** Over the page when the session has ended: renews it, and keeps what was typed below. */
export function SignInAgainDialog({ onRenew, children }: SignInAgainDialogProps) {
  const queryClient = useQueryClient();
  const [isBusy, setIsBusy] = useState(false);
  const [hasFailed, setHasFailed] = useState(false);
  const renew = async () => {
    setIsBusy(true);
    try {
      await onRenew();
      renewedAt = Date.now();
    } catch {
      setHasFailed(true);
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
        <p role="status">{isBusy ? texts.signIn.renewing : hasFailed && texts.signIn.failed}</p>
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
