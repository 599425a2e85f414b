import type { UseQueryResult } from "@tanstack/react-query";

import { consoleTexts } from "../../console-texts.ts";
import type { Schemas } from "../../shared/api.ts";
import { useNow } from "../../shared/clock.ts";
import { Note } from "../../shared/components/ErrorNote.tsx";
import { Foreign } from "../../shared/components/Foreign.tsx";
import { Time } from "../../shared/components/Time.tsx";
import { OVERVIEW_REFRESH_MS } from "../queries.ts";

const OLD_MS = 3 * OVERVIEW_REFRESH_MS;

/** What needs the operator, that all is well, or that it is not known. Changes are spoken. */
export function Problems({ query }: { query: UseQueryResult<Schemas["Overview"]> }) {
  const words = consoleTexts.now;
  const { data, dataUpdatedAt, isError, failureReason } = query;
  const now = useNow(OVERVIEW_REFRESH_MS);
  const isOld = isError || failureReason !== null || now - dataUpdatedAt > OLD_MS;
  return (
    <div className="stack stack-tight" aria-live="polite">
      {data && isOld && <Note tone="warning"><p>{words.notRenewed} <Time value={data.at} />.</p></Note>}
      {data && !isOld && data.problems.length === 0 && (data.last_tick
        ? <Note tone="good"><p><strong>{words.allWell}</strong> {words.checked}</p></Note>
        : <Note tone="warning"><p>{words.noTick}</p></Note>)}
      {data && data.problems.length > 0 && <ProblemList problems={data.problems} />}
    </div>
  );
}

function ProblemList({ problems }: { problems: Schemas["Overview"]["problems"] }) {
  return (
    <ul className="plain-list stack stack-tight" aria-label={consoleTexts.now.problems}>
      {problems.map(({ code, message }) => (
        <li key={code}>
          <Note tone="bad">
            <div className="stack stack-tight">
              <strong><Foreign>{message}</Foreign></strong>
              <span>{consoleTexts.problems[code]}</span>
            </div>
          </Note>
        </li>
      ))}
    </ul>
  );
}
