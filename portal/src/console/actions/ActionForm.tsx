import { useRef, useState } from "react";
import { flushSync } from "react-dom";

import { consoleTexts } from "../../console-texts.ts";
import { ErrorNote, Note } from "../../shared/components/ErrorNote.tsx";
import { useForeignAddress } from "../foreign-address.ts";
import { routeOf, useGo } from "../navigation.ts";
import type { ActionSearch } from "../search.ts";
import { ActionFields, hasField } from "./ActionFields.tsx";
import { ActionRun } from "./ActionRun.tsx";
import { Counted } from "./Counted.tsx";
import { freeze, isForEveryone, problemsOf, readDraft, searchOf, type ActionDraft } from "./draft.ts";
import { useFocusAtEnd } from "./focus.ts";
import { useSteps } from "./steps.ts";

const route = routeOf("/actions");

/** The choice of an action: what it is for, how much that is, and then the action itself. */
export function ActionForm() {
  const words = consoleTexts.actions;
  const [draft, setDraft] = useState<ActionDraft>(readDraft(route.useSearch()));
  const [showsProblems, setShowsProblems] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const count = useSteps(true);
  const work = useSteps(false);
  const submit = useFocusAtEnd<HTMLButtonElement>(count.isRunning);
  const reset = (next: ActionDraft) => {
    count.reset();
    work.reset();
    setShowsProblems(false);
    setDraft(next);
  };
  const keepInUrl = useDraftInUrl((search) => reset(readDraft(search)));
  const problems = problemsOf(draft);
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
    count.start(freeze(draft));
  };
  const act = (counted: ActionDraft) => {
    // Without an end, what fails again would be sent again for as long as its receiver is down.
    if (counted.action === "resend" && !count.hasMore) work.start(counted, count.matched);
    else work.start(counted);
  };
  const another = () => {
    flushSync(() => reset(draft));
    form.current?.querySelector<HTMLElement>("input:checked")?.focus();
  };
  if (work.draft) return <ActionRun draft={work.draft} work={work} onAnother={another} />;
  return (
    <div className="stack card endpoint-form">
      <form
        ref={form}
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          countFirst();
        }}
      >
        <ActionFields draft={draft} problems={showsProblems ? problems : {}} error={count.error} onChange={change} />
        {isForEveryone(draft) && !problems.owner && <Note tone="warning"><p>{words.everyone}</p></Note>}
        <div className="actions">
          <button ref={submit} type="submit" className="button button-primary" aria-disabled={count.isRunning}>
            {words.count}
          </button>
          {count.isRunning && count.hasMore && (
            <button type="button" className="button" onClick={count.stop}>{words.stop}</button>
          )}
          {count.isHalted && count.hasMore && (
            <button type="button" className="button" onClick={count.goOn}>{words.goOn}</button>
          )}
        </div>
        {count.error && !hasField(draft, count.error) && <ErrorNote error={count.error} />}
      </form>
      {/* Not in the form, which would hear of the submission of the confirmation. */}
      <Counted count={count} onConfirm={act} />
    </div>
  );
}

/** Gives what keeps a draft in the address. Hears of an address from elsewhere, such as that of a link. */
function useDraftInUrl(onNew: (search: ActionSearch) => void): (draft: ActionDraft) => void {
  const go = useGo();
  const search = route.useSearch();
  const note = useForeignAddress(textOf(readDraft(search)), () => onNew(search));
  return (draft) => {
    note(textOf(draft));
    void go({ to: "/actions", search: searchOf(draft), replace: true, resetScroll: false });
  };
}

const textOf = (draft: ActionDraft) => JSON.stringify(searchOf(draft));
