import { Link, Outlet, useLocation, type LinkProps } from "@tanstack/react-router";

import { Foreign } from "../shared/components/Foreign.tsx";
import { Frame } from "../shared/components/Frame.tsx";
import { Icon } from "../shared/components/Icon.tsx";
import { LinkNote } from "../shared/components/LinkNote.tsx";
import { SignOut } from "../shared/components/SignOut.tsx";
import { useSettings } from "../shared/settings-context.ts";
import { texts } from "../texts.ts";
import { OperatorBar } from "./OperatorBar.tsx";
import { session, useCanWrite, useSession } from "./session.ts";

/** The pages of the header, and what the paths below each begin with. */
const PAGES: { to: LinkProps["to"]; below: string; label: string }[] = [
  { to: "/", below: "/endpoints/", label: texts.pages.endpoints },
  { to: "/events", below: "/events/", label: texts.pages.events },
  { to: "/replays", below: "/replays/", label: texts.pages.replays },
  { to: "/event-types", below: "/event-types/", label: texts.pages.eventTypes },
  { to: "/api-keys", below: "/api-keys/", label: texts.pages.apiKeys },
];

/** What stands around every page: whose view it is, and the header with the pages. */
export function Shell() {
  const state = useSession();
  return (
    <Frame above={<OperatorBar />} header={<><Brand /><Pages /><SessionMarks /></>}>
      <LinkNote session={state} onClose={() => session.forgetProblem()} />
      <Outlet />
    </Frame>
  );
}

function Pages() {
  const path = useLocation({ select: (at) => at.pathname });
  return (
    <nav aria-label={texts.pages.label} className="header-pages">
      <ul>
        {PAGES.map(({ to, below, label }) => (
          <li key={to}>
            <Link
              to={to}
              activeOptions={{ exact: true, includeSearch: false }}
              data-active={path.startsWith(below) || undefined}
            >
              {label}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}

function Brand() {
  const { name, logo } = useSettings();
  return (
    <Link to="/" className="brand" activeProps={{}}>
      {logo ? <img src={logo} alt="" height="24" /> : <span className="brand-mark" aria-hidden="true" />}
      <Foreign>{name}</Foreign>
    </Link>
  );
}

function SessionMarks() {
  const { owners, expiresAt } = useSession();
  const canWrite = useCanWrite();
  return (
    <div className="row header-marks">
      {!canWrite && (
        <span className="badge badge-quiet" title={texts.readOnly.reason}>
          <Icon name="lock" />{texts.readOnly.mark}
        </span>
      )}
      {owners.length > 1 && (
        <button type="button" className="button button-small" onClick={() => session.changeOwner()}>
          {texts.owners.change}
        </button>
      )}
      {/* Who signed in elsewhere signs out there. */}
      {expiresAt && <SignOut session={session} />}
    </div>
  );
}
