import type { ErrorComponentProps } from "@tanstack/react-router";

import { texts } from "../../texts.ts";
import { ErrorNote } from "./ErrorNote.tsx";
import { Skeleton } from "./Loaded.tsx";
import { PageHeading } from "./PageHeading.tsx";

/** Shown while the code of a page is loaded. */
export function PendingPage() {
  return <Skeleton lines={8} />;
}

/** Shown where the code of what is needed on a page could not be loaded. */
export function UnloadedPart() {
  return <ErrorNote error={new Error(texts.broken.explanation)} onRetry={() => location.reload()} />;
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
