import { Outlet, useLocation } from "@tanstack/react-router";

import { consoleTexts } from "../console-texts.ts";
import { Foreign } from "../shared/components/Foreign.tsx";
import { Frame } from "../shared/components/Frame.tsx";
import { Icon } from "../shared/components/Icon.tsx";
import { LinkNote } from "../shared/components/LinkNote.tsx";
import { SignOut } from "../shared/components/SignOut.tsx";
import { Time } from "../shared/components/Time.tsx";
import { texts } from "../texts.ts";
import { HeaderSearch } from "./HeaderSearch.tsx";
import { Link } from "./navigation.ts";
import { session, useCanWrite, useSession } from "./session.ts";

/** The pages of the header, and what the paths below each begin with. */
const PAGES = [
  { to: "/", below: "/owners/", label: consoleTexts.pages.now },
  { to: "/actions", below: "/actions/", label: consoleTexts.pages.actions },
  { to: "/event-types", below: "/event-types/", label: consoleTexts.pages.eventTypes },
  { to: "/storage", below: "/storage/", label: consoleTexts.pages.storage },
  { to: "/audit-log", below: "/audit-log/", label: consoleTexts.pages.auditLog },
] as const;

/** What stands around every page: the header with the pages, the search and who is signed in. */
export function Shell() {
  const state = useSession();
  return (
    <Frame header={<><Brand /><Pages /><HeaderSearch /><SessionMarks /></>}>
      <LinkNote session={state} onClose={() => session.forgetProblem()} />
      <Outlet />
    </Frame>
  );
}

function Brand() {
  return (
    <Link to="/" className="brand" activeProps={{}}>
      <span className="brand-mark" aria-hidden="true" />
      {consoleTexts.name}
    </Link>
  );
}

function Pages() {
  const path = useLocation({ select: (at) => at.pathname });
  return (
    <nav aria-label={consoleTexts.pages.label} className="header-pages">
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

function SessionMarks() {
  const { operator, expiresAt } = useSession();
  const canWrite = useCanWrite();
  return (
    <div className="row header-marks">
      {!canWrite && (
        <span className="badge badge-quiet" title={consoleTexts.readOnly}>
          <Icon name="lock" />{texts.readOnly.mark}
        </span>
      )}
      <div className="operator">
        <p className="operator-name">
          <span className="visually-hidden">{consoleTexts.signedInAs}</span> <Foreign>{operator}</Foreign>
        </p>
        {expiresAt && <p>{consoleTexts.sessionEnds} <Time value={expiresAt} isRelative /></p>}
      </div>
      <SignOut session={session} />
    </div>
  );
}
