import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { texts } from "../../texts.ts";
import { notify } from "../notify.ts";
import type { Session } from "../session.ts";

/** Ends the session, and forgets what was loaded with it. */
export function SignOut({ session }: { session: Session }) {
  const queryClient = useQueryClient();
  const [isBusy, setIsBusy] = useState(false);
  const signOut = async () => {
    setIsBusy(true);
    try {
      await session.close();
      queryClient.clear();
    } catch (error) {
      notify((error as Error).message, "bad");
      setIsBusy(false);
    }
  };
  return (
    <button type="button" className="button button-small" onClick={signOut} disabled={isBusy}>
      {texts.signOut}
    </button>
  );
}
