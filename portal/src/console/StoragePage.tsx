import { useQuery } from "@tanstack/react-query";

import { consoleTexts } from "../console-texts.ts";
import type { Schemas } from "../shared/api.ts";
import { DataTable } from "../shared/components/DataTable.tsx";
import { Figure } from "../shared/components/Figure.tsx";
import { Foreign } from "../shared/components/Foreign.tsx";
import { Loaded } from "../shared/components/Loaded.tsx";
import { PageHeading } from "../shared/components/PageHeading.tsx";
import { Time } from "../shared/components/Time.tsx";
import { formatDuration } from "../shared/duration.ts";
import { formatCount, formatShare } from "../shared/numbers.ts";
import { formatBytes } from "./bytes.ts";
import { storageQuery } from "./queries.ts";

const words = consoleTexts.storage;
const BAR_WIDTH = 120;

/** How large the tables are, and whether retention keeps up. */
export function StoragePage() {
  const storage = useQuery(storageQuery());
  return (
    <>
      <PageHeading title={consoleTexts.pages.storage} />
      <Loaded query={storage} lines={12}>
        {(data) => (
          <>
            <Retention storage={data} />
            <Tables tables={data.tables} />
          </>
        )}
      </Loaded>
    </>
  );
}

function Retention({ storage }: { storage: Schemas["Storage"] }) {
  const { oldest_event_at: oldest, retention_lag_seconds: lag } = storage;
  return (
    <dl className="figures" aria-label={words.figures}>
      <Figure label={words.retention} value={words.days(storage.retention_days)} />
      <Figure label={words.oldest} value={oldest ? <Time value={oldest} isRelative /> : words.noEvents} />
      <Figure
        label={words.lag}
        value={lag > 0 ? formatDuration(lag) : words.noLag}
        note={lag > 0 ? words.behind : words.keepsUp}
      />
      <Figure label={words.purged} value={formatCount(storage.deleted_endpoints)} note={words.purgedNote} />
    </dl>
  );
}

function Tables({ tables }: { tables: Schemas["Storage"]["tables"] }) {
  const total = tables.reduce((sum, { bytes }) => sum + bytes, 0);
  const shareOf = (bytes: number) => (total > 0 ? bytes / total : 0);
  return (
    <>
      <DataTable
        caption={words.tables}
        isCaptionVisible
        rows={tables}
        rowKey={(row) => row.name}
        columns={[
          { header: words.table, isRowHeader: true, cell: (row) => <Foreign isCode>{row.name}</Foreign> },
          { header: words.size, cell: (row) => formatBytes(row.bytes), isNumber: true },
          { header: words.share, cell: (row) => <Share share={shareOf(row.bytes)} />, minWidth: 200 },
          { header: words.rows, cell: (row) => formatCount(row.rows), isNumber: true },
        ]}
      />
      <p className="hint">{words.total(formatBytes(total))} {words.tablesExplanation}</p>
    </>
  );
}

function Share({ share }: { share: number }) {
  return (
    <span className="row">
      <svg className="share-bar" viewBox={`0 0 ${BAR_WIDTH} 8`} aria-hidden="true">
        <rect className="spark-rest" width={BAR_WIDTH} height="8" rx="2" />
        <rect className="share-part" width={Math.max(share > 0 ? 1 : 0, share * BAR_WIDTH)} height="8" rx="2" />
      </svg>
      <span className="number">{formatShare(share)}</span>
    </span>
  );
}
