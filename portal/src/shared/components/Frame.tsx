import { lazy, Suspense, useSyncExternalStore, type ReactNode } from "react";

import { texts } from "../../texts.ts";
import { hasNotices, onNotice } from "../notify.ts";

const Toasts = lazy(() => import("./Toasts.tsx"));

interface FrameProps {
  /** Above the header. */
  above?: ReactNode;
  header: ReactNode;
  /** The page. */
  children: ReactNode;
}

/** What stands around every page: the skip link, the header, the messages. */
export function Frame({ above, header, children }: FrameProps) {
  const needsToasts = useSyncExternalStore(onNotice, hasNotices);
  return (
    <>
      <a className="skip-link" href="#content" onClick={skipToContent}>{texts.skip}</a>
      {above}
      <header className="header">
        <div className="header-inner">{header}</div>
      </header>
      <main id="content" className="page" tabIndex={-1}>{children}</main>
      <Suspense fallback={null}>{needsToasts && <Toasts />}</Suspense>
    </>
  );
}

/** The hash stays out of the address: it is where credentials come in. */
function skipToContent(event: React.MouseEvent): void {
  event.preventDefault();
  document.getElementById("content")?.focus();
}
