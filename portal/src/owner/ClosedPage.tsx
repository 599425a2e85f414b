import { useEffect, useState } from "react";

import { ErrorNote } from "../shared/components/ErrorNote.tsx";
import { useSettings } from "../shared/settings-context.ts";
import { texts } from "../texts.ts";
import { PasteLink } from "./PasteLink.tsx";
import { session, useSession } from "./session.ts";

/** Shown where there is no session: how to get one. */
export function ClosedPage() {
  const { problem } = useSession();
  const { name } = useSettings();
  const [isBusy, setIsBusy] = useState(false);
  const title = problem ? texts.closed.problemTitle : texts.closed.title;
  useEffect(() => {
    document.title = `${title} · ${name}`;
  }, [title, name]);
  const tryAgain = async () => {
    setIsBusy(true);
    await session.open(null);
    setIsBusy(false);
  };
  return (
    <main className="page page-narrow">
      <div className="card stack">
        <h1>{title}</h1>
        {problem ? <ErrorNote error={problem} /> : <p>{texts.closed.explanation(name)}</p>}
        <div>
          <button type="button" className="button button-primary" onClick={tryAgain} disabled={isBusy}>
            {isBusy ? texts.working : texts.tryAgain}
          </button>
        </div>
        <PasteLink />
      </div>
    </main>
  );
}
