import { useState } from "react";

import { consoleTexts } from "../../console-texts.ts";
import { Confirm } from "../../shared/components/Confirm.tsx";
import { Note } from "../../shared/components/ErrorNote.tsx";
import { Foreign } from "../../shared/components/Foreign.tsx";
import type { ActionDraft } from "./draft.ts";
import type { Progress } from "./steps.ts";

interface CountedProps {
  draft: ActionDraft;
  count: Progress;
  onConfirm: () => void;
}

/** How much matches, and the way to the action, which is confirmed once more. */
export function Counted({ draft, count, onConfirm }: CountedProps) {
  const words = consoleTexts.actions;
  const [isAsking, setIsAsking] = useState(false);
  const { action, owner } = draft;
  const { matched, hasMore, isRunning } = count;
  const isCounted = !isRunning && !count.error && (count.isDone || matched > 0);
  const isDangerous = action === "erase" || action === "cancel" || action === "pause";
  const proceed = words.proceed[action](matched, hasMore);
  return (
    <div aria-live="polite">
      {isRunning && <p>{words.counting(matched)}</p>}
      {isCounted && (
        <Note tone={matched > 0 ? "info" : "warning"}>
          <p>
            <strong>{words.matched[action](matched, hasMore)}</strong> {matched === 0 && words.nothing}
          </p>
          {matched > 0 && (
            <button
              type="button"
              className={isDangerous ? "button button-danger" : "button button-primary"}
              onClick={() => setIsAsking(true)}
            >
              {proceed}…
            </button>
          )}
        </Note>
      )}
      {isAsking && isCounted && (
        <Confirm
          title={words.names[action]}
          action={proceed}
          isDangerous={isDangerous}
          isBusy={false}
          error={null}
          {...(action === "erase" ? { typed: words.eraseWord } : {})}
          onConfirm={onConfirm}
          onClose={() => setIsAsking(false)}
        >
          <p>
            <strong>{words.matched[action](matched, hasMore)}</strong>{" "}
            {owner.trim() ? <>{words.forOwner} <Foreign isCode>{owner.trim()}</Foreign>.</> : words.forAll}
          </p>
          <p>{words.explanations[action]}</p>
        </Confirm>
      )}
    </div>
  );
}
