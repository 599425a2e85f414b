import { useState } from "react";

import { consoleTexts } from "../../console-texts.ts";
import { ErrorNote, Note } from "../../shared/components/ErrorNote.tsx";
import { routeOf, useGo } from "../navigation.ts";
import type { ActionSearch } from "../search.ts";
import { ActionFields } from "./ActionFields.tsx";
import { ActionRun } from "./ActionRun.tsx";
import { callAction } from "./calls.ts";
import { Counted } from "./Counted.tsx";
import { isForEveryone, problemsOf, readDraft, searchOf, type ActionDraft } from "./draft.ts";
import { useSteps } from "./steps.ts";

const route = routeOf("/actions");

/** The choice of an action: what it is for, how much that is, and then the action itself. */
export function ActionForm() {
  const words = consoleTexts.actions;
  const go = useGo();
  const [draft, setDraft] = useState<ActionDraft>(readDraft(route.useSearch()));
  const [showsProblems, setShowsProblems] = useState(false);
  const [isConfirmed, setIsConfirmed] = useState(false);
  const count = useSteps((position) => callAction(draft, true, position));
  const reset = (next: ActionDraft) => {
    count.reset();
    setShowsProblems(false);
    setIsConfirmed(false);
    setDraft(next);
  };
  useNewSearch(draft, (search) => reset(readDraft(search)));
  const problems = problemsOf(draft);
  const keepInUrl = (kept: ActionDraft) =>
    void go({ to: "/actions", search: searchOf(kept), replace: true, resetScroll: false });
  const change = (part: Partial<ActionDraft>) => {
    const next = { ...draft, ...part };
    // What was counted was another choice.
    count.reset();
    setDraft(next);
    if (part.action) keepInUrl(next);
  };
  const countFirst = () => {
    setShowsProblems(true);
    if (Object.keys(problems).length > 0 || count.isRunning) return;
    keepInUrl(draft);
    count.reset();
    count.run();
  };
  if (isConfirmed) return <ActionRun draft={draft} onAnother={() => reset(draft)} />;
  return (
    <form
      className="stack card endpoint-form"
      onSubmit={(event) => {
        event.preventDefault();
        countFirst();
      }}
    >
      <ActionFields draft={draft} problems={showsProblems ? problems : {}} error={count.error} onChange={change} />
      {isForEveryone(draft) && !problems.owner && <Note tone="warning"><p>{words.everyone}</p></Note>}
      <div className="actions">
        <button type="submit" className="button button-primary" disabled={count.isRunning}>{words.count}</button>
        {count.isRunning && count.next && (
          <button type="button" className="button" onClick={count.stop}>{words.stop}</button>
        )}
      </div>
      {count.error && <ErrorNote error={count.error} />}
      <Counted draft={draft} count={count} onConfirm={() => setIsConfirmed(true)} />
    </form>
  );
}

/** Hears of another address of this page, such as that of a link, but not of what the page keeps there itself. */
function useNewSearch(draft: ActionDraft, onNew: (search: ActionSearch) => void): void {
  const search = route.useSearch();
  const text = JSON.stringify(searchOf(readDraft(search)));
  const [known, setKnown] = useState(text);
  if (known === text) return;
  setKnown(text);
  if (text !== JSON.stringify(searchOf(draft))) onNew(search);
}
