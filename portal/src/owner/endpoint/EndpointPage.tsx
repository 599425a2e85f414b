import { Tabs } from "@base-ui/react/tabs";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useState } from "react";

import { isNotFound, type Schemas } from "../../shared/api.ts";
import { EndpointUrl } from "../../shared/components/EndpointUrl.tsx";
import { Loaded } from "../../shared/components/Loaded.tsx";
import { PageHeading } from "../../shared/components/PageHeading.tsx";
import { splitUrl } from "../../shared/split-url.ts";
import { texts } from "../../texts.ts";
import { BackLink } from "../BackLink.tsx";
import { EndpointBadge } from "../EndpointBadge.tsx";
import { GoneNote } from "../GoneNote.tsx";
import { endpointQuery } from "../queries.ts";
import { ENDPOINT_TABS, type EndpointTab } from "../search.ts";
import { useCanWrite } from "../session.ts";
import { ActionsMenu } from "./ActionsMenu.tsx";
import { DeliveriesTab } from "./DeliveriesTab.tsx";
import { EndpointBanner } from "./EndpointBanner.tsx";
import { EndpointDialogs, type EndpointDialog } from "./EndpointDialogs.tsx";
import { OverviewTab } from "./OverviewTab.tsx";
import { SettingsTab } from "./SettingsTab.tsx";

const route = getRouteApi("/endpoints/$endpointId");

/** An endpoint: how it does, what was sent to it, and how it is set up. */
export function EndpointPage() {
  const { endpointId } = route.useParams();
  const endpoint = useQuery(endpointQuery(endpointId));
  const [dialog, setDialog] = useState<EndpointDialog | null>(null);
  if (isNotFound(endpoint.error)) return <GoneNote title={texts.gone.endpoint} />;
  const { data } = endpoint;
  return (
    <>
      <PageHeading
        title={data ? splitUrl(data.url).host : texts.endpoint.title}
        above={<BackLink to="/">{texts.pages.endpoints}</BackLink>}
        actions={data && <HeadActions endpoint={data} onOpen={setDialog} />}
      >
        {data && <><EndpointUrl url={data.url} /> <EndpointBadge endpoint={data} /></>}
      </PageHeading>
      <Loaded query={endpoint} lines={12}>
        {(found) => (
          <>
            <EndpointBanner endpoint={found} />
            <EndpointTabs endpoint={found} onOpen={setDialog} />
            <EndpointDialogs endpoint={found} open={dialog} onClose={() => setDialog(null)} />
          </>
        )}
      </Loaded>
    </>
  );
}

interface HeadActionsProps {
  endpoint: Schemas["Endpoint"];
  onOpen: (dialog: EndpointDialog) => void;
}

function HeadActions({ endpoint, onOpen }: HeadActionsProps) {
  const canWrite = useCanWrite();
  if (!canWrite) return null;
  return (
    <>
      {endpoint.is_active && (
        <button type="button" className="button button-primary" onClick={() => onOpen("test")}>
          {texts.test.action}
        </button>
      )}
      <Link to="/endpoints/$endpointId/edit" params={{ endpointId: endpoint.id }} className="button">{texts.edit}</Link>
      <ActionsMenu endpoint={endpoint} onOpen={onOpen} />
    </>
  );
}

function EndpointTabs({ endpoint, onOpen }: HeadActionsProps) {
  const { tab = "overview" } = route.useSearch();
  const navigate = route.useNavigate();
  const choose = (next: EndpointTab) => void navigate({
    search: (before) => ({ ...before, tab: next === "overview" ? undefined : next }),
    resetScroll: false,
  });
  return (
    <Tabs.Root value={tab} onValueChange={choose}>
      <Tabs.List className="tab-list" aria-label={texts.endpoint.tabs}>
        {ENDPOINT_TABS.map((name) => (
          <Tabs.Tab key={name} value={name} className="tab">{texts.endpoint.tabNames[name]}</Tabs.Tab>
        ))}
      </Tabs.List>
      <Tabs.Panel value="overview" className="tab-panel"><OverviewTab endpointId={endpoint.id} /></Tabs.Panel>
      <Tabs.Panel value="deliveries" className="tab-panel"><DeliveriesTab endpointId={endpoint.id} /></Tabs.Panel>
      <Tabs.Panel value="settings" className="tab-panel">
        <SettingsTab endpoint={endpoint} onOpen={onOpen} />
      </Tabs.Panel>
    </Tabs.Root>
  );
}
