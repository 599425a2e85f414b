import { useEffect } from "react";

import { consoleTexts } from "../../console-texts.ts";
import { ErrorNote, Note } from "../../shared/components/ErrorNote.tsx";
import { texts } from "../../texts.ts";
import { queryClient } from "../query-client.ts";
import type { ActionDraft } from "./draft.ts";
import { useFocusAtEnd } from "./focus.ts";
import type { Work } from "./steps.ts";

interface ActionRunProps {
  draft: ActionDraft;
  work: Work;
  onAnother: () => void;
}

/** An action under way, part by part, and what it came to. */
export function ActionRun({ draft, work, onAnother }: ActionRunProps) {
  const words = consoleTexts.actions;
  const heading = useFocusAtEnd<HTMLHeadingElement>(work.isRunning);
  useEffect(() => heading.current?.focus({ preventScroll: true }), []);
  useEffect(() => {
    if (!work.isRunning) void queryClient.invalidateQueries();
  }, [work.isRunning]);
  return (
    <section className="stack card endpoint-form" aria-labelledby="action-run">
      <h2 id="action-run" ref={heading} tabIndex={-1}>{words.names[draft.action]}</h2>
      <div aria-live="polite">
        {work.isRunning && <Note tone="info"><p>{texts.working} {words.running(work.done)}</p></Note>}
        {!work.isRunning && (work.isDone || work.done > 0) && (
          <Note tone={work.isDone ? "good" : "warning"}>
            <p><strong>{words.done[draft.action](work.done)}</strong> {!work.isDone && words.stopped}</p>
          </Note>
        )}
      </div>
      {work.error && <ErrorNote error={work.error} />}
      <div className="actions">
        {work.isRunning && <button type="button" className="button" onClick={work.stop}>{words.stop}</button>}
        {work.isHalted && (
          <button type="button" className="button button-primary" onClick={work.goOn}>{words.goOn}</button>
        )}
        {!work.isRunning && <button type="button" className="button" onClick={onAnother}>{words.another}</button>}
      </div>
    </section>
  );
}
