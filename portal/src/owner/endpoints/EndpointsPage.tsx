import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";

import { EmptyState } from "../../shared/components/EmptyState.tsx";
import { Icon } from "../../shared/components/Icon.tsx";
import { Loaded } from "../../shared/components/Loaded.tsx";
import { PageHeading } from "../../shared/components/PageHeading.tsx";
import { SearchField } from "../../shared/components/SearchField.tsx";
import { SelectField } from "../../shared/components/SelectField.tsx";
import { texts } from "../../texts.ts";
import { endpointState } from "../endpoint-state.ts";
import { endpointsQuery, endpointStatsListQuery } from "../queries.ts";
import { ENDPOINT_STATES, type EndpointsSearch, type EndpointStateName } from "../search.ts";
import { useCanWrite } from "../session.ts";
import { EndpointTable, type EndpointRow } from "./EndpointTable.tsx";
import { FirstSteps } from "./FirstSteps.tsx";
import { OwnerFigures } from "./OwnerFigures.tsx";

const route = getRouteApi("/");

/** The list of endpoints. */
export function EndpointsPage() {
  const endpoints = useQuery(endpointsQuery());
  const canWrite = useCanWrite();
  const newEndpoint = canWrite && (
    <Link to="/endpoints/new" className="button button-primary"><Icon name="plus" />{texts.endpoints.create}</Link>
  );
  return (
    <>
      <PageHeading title={texts.pages.endpoints} actions={endpoints.data?.length ? newEndpoint : undefined} />
      <Loaded query={endpoints} lines={10}>
        {(rows) => (rows.length === 0 ? <FirstSteps /> : <Endpoints rows={rows} />)}
      </Loaded>
    </>
  );
}

function Endpoints({ rows }: { rows: EndpointRow[] }) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const stats = useQuery(endpointStatsListQuery());
  const change = (part: EndpointsSearch) =>
    void navigate({ search: (before) => ({ ...before, ...part }), replace: true, resetScroll: false });
  const shown = rows.filter((row) => isWanted(row, search));
  return (
    <>
      <OwnerFigures />
      <div className="filters">
        <SearchField
          label={texts.endpoints.search}
          value={search.q ?? ""}
          onChange={(q) => change({ q: q || undefined })}
        />
        <SelectField
          label={texts.endpoints.state}
          value={search.state ?? ""}
          options={[
            { value: "", label: texts.all },
            ...ENDPOINT_STATES.map((state) => ({ value: state, label: texts.states[state] })),
          ]}
          onChange={(state) => change({ state: (state || undefined) as EndpointStateName | undefined })}
        />
        <span className="hint" role="status">{texts.endpoints.count(shown.length, rows.length)}</span>
      </div>
      {shown.length > 0
        ? <EndpointTable rows={shown} stats={stats.data} />
        : (
          <EmptyState title={texts.endpoints.noMatch}>
            <button type="button" className="button" onClick={() => change({ q: undefined, state: undefined })}>
              {texts.clearFilters}
            </button>
          </EmptyState>
        )}
    </>
  );
}

function isWanted(row: EndpointRow, { q, state }: EndpointsSearch): boolean {
  if (state && endpointState(row).name !== state) return false;
  const metadata = Object.entries(row.metadata).flatMap(([name, value]) => [`${name}:${value}`, `${name}=${value}`]);
  const text = [row.url, row.description ?? "", ...metadata].join("\n").toLowerCase();
  return (q ?? "").toLowerCase().split(/\s+/).every((word) => text.includes(word));
}
