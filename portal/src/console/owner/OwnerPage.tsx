import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { consoleTexts } from "../../console-texts.ts";
import { Foreign } from "../../shared/components/Foreign.tsx";
import { Loaded } from "../../shared/components/Loaded.tsx";
import { PageHeading } from "../../shared/components/PageHeading.tsx";
import { Link, routeOf } from "../navigation.ts";
import { foundQuery } from "../queries.ts";
import { useCanWrite } from "../session.ts";
import { OwnerEndpoints } from "./OwnerEndpoints.tsx";
import { OwnerStats } from "./OwnerStats.tsx";
import { PortalLinkDialog, type PortalView } from "./PortalLinkDialog.tsx";

const route = routeOf("/owners/$owner");
const ACTIONS = ["resend", "cancel", "pause", "resume"] as const;

/** An owner: how the endpoints fare, and what can be done. */
export function OwnerPage() {
  const words = consoleTexts.ownerPage;
  const { owner } = route.useParams();
  const { endpoint } = route.useSearch();
  const found = useQuery(foundQuery(owner));
  const [view, setView] = useState<PortalView | null>(null);
  return (
    <>
      <PageHeading
        title={words.title(owner)}
        actions={(
          <button type="button" className="button button-primary" onClick={() => setView({ owner })}>
            {words.seePortal}
          </button>
        )}
      >
        {consoleTexts.owner} <Foreign>{owner}</Foreign>
      </PageHeading>
      <OwnerActions owner={owner} />
      <Loaded query={found} lines={6}>
        {({ endpoints }) => (
          <OwnerEndpoints
            rows={endpoints}
            chosenId={endpoint}
            onView={(chosen) => setView({ owner, endpoint: chosen })}
          />
        )}
      </Loaded>
      <OwnerStats owner={owner} />
      {view && <PortalLinkDialog view={view} onClose={() => setView(null)} />}
    </>
  );
}

function OwnerActions({ owner }: { owner: string }) {
  if (!useCanWrite()) return null;
  return (
    <nav className="actions" aria-label={consoleTexts.ownerPage.actions}>
      {ACTIONS.map((action) => (
        <Link key={action} to="/actions" search={{ action, owner }} className="button">
          {consoleTexts.actions.names[action]}
        </Link>
      ))}
    </nav>
  );
}
