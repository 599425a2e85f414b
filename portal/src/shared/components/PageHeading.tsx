import { useRouterState } from "@tanstack/react-router";
import { useEffect, useRef, type ReactNode } from "react";

import { useSettings } from "../settings-context.ts";

// The page whose heading had the focus last. The first page is read from its top.
let focusedPath: string | null = null;

interface PageHeadingProps {
  /** The page's name, in the browser's title too. */
  title: string;
  children?: ReactNode;
  /** Above the heading: the way back. */
  above?: ReactNode;
  actions?: ReactNode;
}

/** The heading of a page, which gets the focus when the page is changed. `children` is shown in place of the title. */
export function PageHeading({ title, children, above, actions }: PageHeadingProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  // That of the page that is shown: while the next one is loaded, the location is ahead.
  const path = useRouterState({ select: (state) => state.resolvedLocation?.pathname ?? null });
  const { name } = useSettings();
  useEffect(() => {
    document.title = `${title} · ${name}`;
  }, [title, name]);
  useEffect(() => {
    if (path === null) return;
    if (focusedPath !== null && focusedPath !== path) heading.current?.focus({ preventScroll: true });
    focusedPath = path;
  }, [path]);
  return (
    <div className="page-heading">
      {above}
      <div className="page-heading-row">
        <h1 ref={heading} tabIndex={-1}>{children ?? title}</h1>
        {actions && <div className="actions">{actions}</div>}
      </div>
    </div>
  );
}
