import { consoleTexts } from "../console-texts.ts";
import { PageHeading } from "../shared/components/PageHeading.tsx";
import { Link } from "./navigation.ts";

/** Shown for a path that leads nowhere. */
export function MissingPage() {
  const words = consoleTexts.missing;
  return (
    <>
      <PageHeading title={words.title} />
      <p>{words.explanation}</p>
      <p><Link to="/">{words.back}</Link></p>
    </>
  );
}
