import { useEffect, useState } from "react";

import { Dialog } from "../shared/components/Dialog.tsx";
import { texts } from "../texts.ts";
import { PasteLink } from "./PasteLink.tsx";
import { queryClient } from "./query-client.ts";
import { session } from "./session.ts";

// A credential that ended so soon after it was renewed would only be renewed for ever.
const SHORTEST_SESSION_MS = 15_000;
let renewedAt = 0;

/** Over the page when the session has ended: renews it, and keeps what was typed below. */
export default function SignInAgain() {
  const [isBusy, setIsBusy] = useState(false);
  const [hasFailed, setHasFailed] = useState(false);
  const renew = async () => {
    setIsBusy(true);
    try {
      await session.renew();
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
        <PasteLink />
      </div>
    </Dialog>
  );
}
