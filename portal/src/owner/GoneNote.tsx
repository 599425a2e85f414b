import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

import { EmptyState } from "../shared/components/EmptyState.tsx";
import { PageHeading } from "../shared/components/PageHeading.tsx";
import { texts } from "../texts.ts";

/** A page whose subject does not exist, or no longer. `children` is a link to where others of its kind are. */
export function GoneNote({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <>
      <PageHeading title={title} />
      <EmptyState title={texts.gone.title}>
        <p>{texts.gone.explanation}</p>
        {children ?? <Link to="/" className="button">{texts.missing.back}</Link>}
      </EmptyState>
    </>
  );
}
