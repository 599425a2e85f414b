import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useMemo, useState } from "react";

import { EmptyState } from "../../shared/components/EmptyState.tsx";
import { WaitingNote } from "../../shared/components/ErrorNote.tsx";
import { Icon } from "../../shared/components/Icon.tsx";
import { Loaded } from "../../shared/components/Loaded.tsx";
import { Pagination } from "../../shared/components/Pagination.tsx";
import { SelectField } from "../../shared/components/SelectField.tsx";
import { SwitchField } from "../../shared/components/SwitchField.tsx";
import { TimeField } from "../../shared/components/TimeField.tsx";
import { texts } from "../../texts.ts";
import { deliveriesQuery, type DeliveryFilters } from "../queries.ts";
import { DELIVERY_STATUSES } from "../search.ts";
import { TypeSelect } from "../TypeSelect.tsx";
import { DeliveryTable } from "./DeliveryTable.tsx";
import { useLiveDeliveries } from "./live.ts";

const route = getRouteApi("/endpoints/$endpointId");

/** The deliveries of an endpoint, filtered, page by page, and new ones as they come. */
export function DeliveriesTab({ endpointId }: { endpointId: string }) {
  const words = texts.deliveries;
  const { status, event_type, since, until } = route.useSearch();
  const filters = useMemo(() => ({ status, event_type, since, until }), [status, event_type, since, until]);
  const navigate = route.useNavigate();
  const [isLive, setIsLive] = useState(false);
  const deliveries = useInfiniteQuery(deliveriesQuery(endpointId, filters));
  const live = useLiveDeliveries(endpointId, filters, deliveries.data, isLive && !until);
  const change = (part: DeliveryFilters) =>
    void navigate({ search: (before) => ({ ...before, ...part }), replace: true, resetScroll: false });
  return (
    <>
      <div className="filters">
        <DeliveryFilterFields filters={filters} onChange={change} />
        <SwitchField
          label={until ? words.notLive : words.live}
          isOn={isLive && !until}
          isDisabled={Boolean(until)}
          onChange={setIsLive}
        />
      </div>
      {live.error && <WaitingNote error={live.error} />}
      {live.waiting > 0 && (
        <button type="button" className="button button-primary live-button" onClick={live.show}>
          <Icon name="up" />{words.fresh(live.waiting)}
        </button>
      )}
      <Loaded query={deliveries} lines={12}>
        {({ pages }) => {
          const rows = pages.flatMap((page) => page.data);
          if (rows.length === 0) return <NoDeliveries filters={filters} onChange={change} />;
          return (
            <>
              <DeliveryTable endpointId={endpointId} rows={rows} />
              <Pagination
                shown={rows.length}
                hasMore={deliveries.hasNextPage}
                isLoading={deliveries.isFetchingNextPage}
                onMore={() => void deliveries.fetchNextPage()}
              />
            </>
          );
        }}
      </Loaded>
    </>
  );
}

interface FilterProps {
  filters: DeliveryFilters;
  onChange: (part: DeliveryFilters) => void;
}

function DeliveryFilterFields({ filters, onChange }: FilterProps) {
  const words = texts.deliveries;
  return (
    <>
      <SelectField
        label={words.status}
        value={filters.status ?? ""}
        options={[
          { value: "", label: texts.all },
          ...DELIVERY_STATUSES.map((value) => ({ value, label: texts.statuses[value] })),
        ]}
        onChange={(value) => onChange({ status: DELIVERY_STATUSES.find((status) => status === value) })}
      />
      <TypeSelect value={filters.event_type} onChange={(event_type) => onChange({ event_type })} />
      <TimeField label={words.since} value={filters.since} onChange={(since) => onChange({ since })} />
      <TimeField label={words.until} value={filters.until} onChange={(until) => onChange({ until })} />
    </>
  );
}

function NoDeliveries({ filters, onChange }: FilterProps) {
  const isFiltered = Object.values(filters).some((value) => value !== undefined);
  if (!isFiltered) {
    return <EmptyState title={texts.deliveries.none}><p>{texts.deliveries.noneExplanation}</p></EmptyState>;
  }
  const clear = () => onChange({ status: undefined, event_type: undefined, since: undefined, until: undefined });
  return (
    <EmptyState title={texts.deliveries.noMatch}>
      <button type="button" className="button" onClick={clear}>{texts.clearFilters}</button>
    </EmptyState>
  );
}
