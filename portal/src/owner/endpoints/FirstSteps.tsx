import { Link } from "@tanstack/react-router";

import { Icon } from "../../shared/components/Icon.tsx";
import { texts } from "../../texts.ts";
import { useCanWrite } from "../session.ts";

/** Leads to the first webhook, where there is no endpoint yet. */
export function FirstSteps() {
  const canWrite = useCanWrite();
  const words = texts.firstSteps;
  return (
    <section className="empty-state" aria-labelledby="first-steps">
      <h2 id="first-steps">{words.title}</h2>
      <p>{words.explanation}</p>
      <ol className="first-steps">
        {words.steps.map((step) => (
          <li key={step.title}>
            <h3>{step.title}</h3>
            <p>{step.text}</p>
          </li>
        ))}
      </ol>
      {canWrite
        ? <Link to="/endpoints/new" className="button button-primary"><Icon name="plus" />{words.action}</Link>
        : <p className="hint">{texts.readOnly.reason}</p>}
    </section>
  );
}
