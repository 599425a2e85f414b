import { useEffect, useState } from "react";

import { consoleTexts } from "../console-texts.ts";
import { CodeBlock } from "../shared/components/CodeBlock.tsx";
import { ErrorNote } from "../shared/components/ErrorNote.tsx";
import { texts } from "../texts.ts";
import { PasteLink } from "./PasteLink.tsx";
import { session, useSession } from "./session.ts";

/** Shown where there is no session: how to get one. */
export function ClosedPage() {
  const words = consoleTexts.closed;
  const { problem } = useSession();
  const [isBusy, setIsBusy] = useState(false);
  const title = problem ? words.problemTitle : words.title;
  useEffect(() => {
    document.title = `${title} · ${consoleTexts.name}`;
  }, [title]);
  const tryAgain = async () => {
    setIsBusy(true);
    await session.open(null);
    setIsBusy(false);
  };
  return (
    <main className="page page-narrow">
      <div className="card stack">
        <h1>{title}</h1>
        {problem && <ErrorNote error={problem} />}
        <p>{words.explanation}</p>
        <CodeBlock label={words.commandLabel} text={words.command(location.origin)} />
        <PasteLink />
        <div>
          <button type="button" className="button" onClick={tryAgain} disabled={isBusy}>
            {isBusy ? texts.working : texts.tryAgain}
          </button>
        </div>
      </div>
    </main>
  );
}
