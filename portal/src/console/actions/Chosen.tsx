import { consoleTexts } from "../../console-texts.ts";
import { Foreign } from "../../shared/components/Foreign.tsx";
import { Time } from "../../shared/components/Time.tsx";
import { idsIn, isForEveryone, isOfDeliveries, type ActionDraft } from "./draft.ts";

const MOST_SHOWN = 5;

/** What an action is for: all that was chosen, and how much that is. */
export function Chosen({ draft, total }: { draft: ActionDraft; total: string }) {
  const words = consoleTexts.actions;
  const { action, since, until } = draft;
  const owner = draft.owner.trim();
  const isErasure = action === "erase";
  return (
    <div className="stack stack-tight">
      <p><strong>{total}</strong> {isForEveryone(draft) && words.forAll}</p>
      <dl className="description-list">
        {owner && <><dt>{consoleTexts.owner}</dt><dd><Foreign isCode>{owner}</Foreign></dd></>}
        {!isErasure && <Ids label={words.chosen.endpoints} ids={idsIn(draft.endpoints)} />}
        {isErasure && draft.eraseBy === "ids" && <Ids label={words.chosen.eventIds} ids={idsIn(draft.eventIds)} />}
        {isErasure && draft.eraseBy === "content" && (
          <><dt>{words.chosen.contains}</dt><dd><Foreign isCode>{draft.contains}</Foreign></dd></>
        )}
        {isOfDeliveries(draft) && (
          <>
            {draft.eventType.trim() && (
              <><dt>{words.chosen.eventType}</dt><dd><Foreign isCode>{draft.eventType.trim()}</Foreign></dd></>
            )}
            {since && <><dt>{words.since}</dt><dd><Time value={since} /></dd></>}
            {until && <><dt>{words.until}</dt><dd><Time value={until} /></dd></>}
          </>
        )}
      </dl>
      <p>{words.explanations[action]}</p>
    </div>
  );
}

function Ids({ label, ids }: { label: string; ids: string[] }) {
  if (ids.length === 0) return null;
  const rest = ids.length - MOST_SHOWN;
  return (
    <>
      <dt>{label}</dt>
      <dd>
        {ids.slice(0, MOST_SHOWN).map((id) => <div key={id}><Foreign isCode>{id}</Foreign></div>)}
        {rest > 0 && consoleTexts.actions.chosen.more(rest)}
      </dd>
    </>
  );
}
