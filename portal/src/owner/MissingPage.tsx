import { Link } from "@tanstack/react-router";

import { PageHeading } from "../shared/components/PageHeading.tsx";
import { texts } from "../texts.ts";

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
