import { useState } from "react";

import { consoleTexts } from "../../console-texts.ts";
import { Confirm } from "../../shared/components/Confirm.tsx";
import { Note } from "../../shared/components/ErrorNote.tsx";
import { Chosen } from "./Chosen.tsx";
import type { ActionDraft } from "./draft.ts";
import type { Work } from "./steps.ts";

interface CountedProps {
  count: Work;
  onConfirm: (counted: ActionDraft) => void;
}

/** How much matches, and, once it is counted to the end, the way to the action. */
export function Counted({ count, onConfirm }: CountedProps) {
  const words = consoleTexts.actions;
  const { draft, matched, hasMore } = count;
  return (
    <div aria-live="polite">
      {count.isRunning && <p>{words.counting(matched)}</p>}
      {draft && count.isHalted && hasMore && (
        <Note tone="warning">
          <p><strong>{words.matched[draft.action](matched, hasMore)}</strong> {words.stopped}</p>
        </Note>
      )}
      {draft && count.isDone && (
        <Offer
          key={count.number}
          draft={draft}
          matched={matched}
          hasMore={hasMore}
          onConfirm={() => onConfirm(draft)}
        />
      )}
    </div>
  );
}

interface OfferProps {
  draft: ActionDraft;
  matched: number;
  hasMore: boolean;
  onConfirm: () => void;
}

/** The action on what was counted, which is confirmed once more. */
function Offer({ draft, matched, hasMore, onConfirm }: OfferProps) {
  const words = consoleTexts.actions;
  const [isAsking, setIsAsking] = useState(false);
  const { action } = draft;
  const isDangerous = action === "erase" || action === "cancel" || action === "pause";
  const total = words.matched[action](matched, hasMore);
  const proceed = words.proceed[action](matched, hasMore);
  if (matched === 0) return <Note tone="warning"><p><strong>{total}</strong> {words.nothing}</p></Note>;
  return (
    <>
      <Note tone="info">
        <p><strong>{total}</strong></p>
        <button
          type="button"
          className={isDangerous ? "button button-danger" : "button button-primary"}
          onClick={() => setIsAsking(true)}
        >
          {proceed}…
        </button>
      </Note>
      {isAsking && (
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
          <Chosen draft={draft} total={total} />
        </Confirm>
      )}
    </>
  );
}
