import { useQuery } from "@tanstack/react-query";

import { Figure } from "../../shared/components/Figure.tsx";
import { WaitingNote } from "../../shared/components/ErrorNote.tsx";
import { Time } from "../../shared/components/Time.tsx";
import { formatCount, formatMilliseconds, formatShare } from "../../shared/numbers.ts";
import { texts } from "../../texts.ts";
import { allStatsQuery } from "../queries.ts";

/** The numbers of all endpoints of the last 24 hours. */
export function OwnerFigures() {
  const { data, failureReason } = useQuery(allStatsQuery("24h"));
  const words = texts.figures;
  return (
    <>
      {failureReason && <WaitingNote error={failureReason} />}
      <dl className="figures">
        <Figure label={words.attempts} value={data ? formatCount(data.attempts) : texts.none} />
        <Figure label={words.successRate} value={formatShare(data?.success_rate ?? null)} />
        <Figure label={words.p95} value={formatMilliseconds(data?.response_time_ms.p95 ?? null)} />
        <Figure
          label={words.backlog}
          value={data ? formatCount(data.backlog) : texts.none}
          note={data?.oldest_due_at && <>{words.oldest} <Time value={data.oldest_due_at} isRelative /></>}
        />
      </dl>
    </>
  );
}
