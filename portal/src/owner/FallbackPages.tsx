import { Link, type ErrorComponentProps } from "@tanstack/react-router";

import { ErrorNote } from "../shared/components/ErrorNote.tsx";
import { Skeleton } from "../shared/components/Loaded.tsx";
import { PageHeading } from "../shared/components/PageHeading.tsx";
import { texts } from "../texts.ts";

/** Shown while the code of a page is loaded. */
export function PendingPage() {
  return <Skeleton lines={8} />;
}

/** Shown for a path that leads nowhere. */
export function MissingPage() {
  return (
    <>
      <PageHeading title={texts.missing.title} />
      <p>{texts.missing.explanation}</p>
      <p><Link to="/">{texts.missing.back}</Link></p>
    </>
  );
}

/** Shown where a page could not be loaded or drawn. */
export function BrokenPage({ error }: ErrorComponentProps) {
  return (
    <>
      <PageHeading title={texts.broken.title} />
      <p>{texts.broken.explanation}</p>
      <ErrorNote error={error instanceof Error ? error : new Error(String(error))} onRetry={() => location.reload()} />
    </>
  );
}
