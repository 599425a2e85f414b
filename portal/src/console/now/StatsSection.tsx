import { useQuery } from "@tanstack/react-query";

import { consoleTexts } from "../../console-texts.ts";
import { Loaded } from "../../shared/components/Loaded.tsx";
import { StatsCharts } from "../../shared/components/StatsCharts.tsx";
import { WindowChoice } from "../../shared/components/WindowChoice.tsx";
import { Dimmed } from "../Dimmed.tsx";
import { routeOf, useGo } from "../navigation.ts";
import { statsQuery } from "../queries.ts";

const route = routeOf("/");

/** Attempts over time, of all endpoints. */
export function StatsSection() {
  const { window = "24h" } = route.useSearch();
  const go = useGo();
  const stats = useQuery(statsQuery(window, null));
  return (
    <section className="stack" aria-label={consoleTexts.now.attempts}>
      <div className="page-heading-row">
        <h2>{consoleTexts.now.attempts}</h2>
        <WindowChoice
          value={window}
          onChange={(value) => void go({
            to: "/",
            search: { window: value === "24h" ? undefined : value },
            replace: true,
            resetScroll: false,
          })}
        />
      </div>
      <Loaded query={stats} lines={16}>
        {(data) => (
          <Dimmed isDimmed={stats.isPlaceholderData}>
            <StatsCharts stats={data} causeLabels={consoleTexts.causes} />
          </Dimmed>
        )}
      </Loaded>
    </section>
  );
}
