import { useQuery } from "@tanstack/react-query";

import { consoleTexts } from "../../console-texts.ts";
import { Loaded } from "../../shared/components/Loaded.tsx";
import { PageHeading } from "../../shared/components/PageHeading.tsx";
import { Time } from "../../shared/components/Time.tsx";
import { OVERVIEW_REFRESH_MS, overviewQuery } from "../queries.ts";
import { OverviewFigures } from "./OverviewFigures.tsx";
import { Problems } from "./Problems.tsx";
import { StatsSection } from "./StatsSection.tsx";
import { WorstEndpoints, WorstOwners } from "./Worst.tsx";

/** Whether all is well, on one page. */
export function NowPage() {
  const words = consoleTexts.now;
  const overview = useQuery(overviewQuery());
  return (
    <>
      <PageHeading
        title={consoleTexts.pages.now}
        actions={overview.data && (
          <p className="hint">
            {words.asOf} <Time value={overview.data.at} />, {words.everyFew(OVERVIEW_REFRESH_MS / 1_000)}
          </p>
        )}
      />
      <Problems query={overview} />
      <Loaded query={overview} lines={16}>
        {(data) => (
          <>
            <OverviewFigures overview={data} />
            <div className="wide-and-narrow">
              <WorstEndpoints rows={data.worst_endpoints} />
              <WorstOwners rows={data.worst_owners} />
            </div>
          </>
        )}
      </Loaded>
      <StatsSection />
    </>
  );
}
