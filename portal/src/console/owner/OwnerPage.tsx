import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { consoleTexts } from "../../console-texts.ts";
import { ErrorNote } from "../../shared/components/ErrorNote.tsx";
import { Foreign } from "../../shared/components/Foreign.tsx";
import { Loaded } from "../../shared/components/Loaded.tsx";
import { PageHeading } from "../../shared/components/PageHeading.tsx";
import { isId } from "../ids.ts";
import { MissingPage } from "../MissingPage.tsx";
import { Link, routeOf } from "../navigation.ts";
import { foundQuery } from "../queries.ts";
import { useCanWrite } from "../session.ts";
import { OwnerEndpoints, type EndpointRow } from "./OwnerEndpoints.tsx";
import { OwnerStats } from "./OwnerStats.tsx";
import { PortalLinkDialog, type PortalView } from "./PortalLinkDialog.tsx";

const route = routeOf("/owners/$owner");
const ACTIONS = ["resend", "cancel", "pause", "resume"] as const;

/** The page of an owner. Only an id can be one's. */
export function OwnerPage() {
  const owner = route.useParams().owner.toLowerCase();
  return isId(owner) ? <Owner owner={owner} /> : <MissingPage />;
}

/** An owner: how the endpoints fare, and what can be done. */
function Owner({ owner }: { owner: string }) {
  const words = consoleTexts.ownerPage;
  const chosenId = route.useSearch().endpoint?.toLowerCase();
  const found = useQuery(foundQuery(owner));
  // The newest alone are found by their owner.
  const isBeyond = chosenId !== undefined && found.data?.endpoints.every(({ id }) => id !== chosenId) === true;
  const chosen = useQuery({ ...foundQuery(chosenId ?? ""), enabled: isBeyond && isId(chosenId) });
  const rowsOf = (newest: EndpointRow[]) =>
    [...(isBeyond ? chosen.data?.endpoints ?? [] : []), ...newest].filter((row) => row.owner === owner);
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
            rows={rowsOf(endpoints)}
            chosenId={chosenId}
            onView={(endpoint) => setView({ owner, endpoint })}
          />
        )}
      </Loaded>
      {isBeyond && chosen.error && <ErrorNote error={chosen.error} onRetry={() => void chosen.refetch()} />}
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
