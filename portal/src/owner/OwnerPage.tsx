import { useEffect } from "react";

import { Foreign } from "../shared/components/Foreign.tsx";
import { useSettings } from "../shared/settings-context.ts";
import { texts } from "../texts.ts";
import { session, useSession } from "./session.ts";

/** The choice of the owner to act for, where the user acts for several. */
export function OwnerPage() {
  const { owners } = useSession();
  const { name } = useSettings();
  useEffect(() => {
    document.title = `${texts.owners.title} · ${name}`;
  }, [name]);
  return (
    <main className="page page-narrow">
      <div className="card stack">
        <h1>{texts.owners.title}</h1>
        <p>{texts.owners.explanation}</p>
        <ul className="plain-list stack stack-tight">
          {owners.map((owner) => (
            <li key={owner}>
              <button type="button" className="button button-wide" onClick={() => session.chooseOwner(owner)}>
                <Foreign isCode>{owner}</Foreign>
              </button>
            </li>
          ))}
        </ul>
      </div>
    </main>
  );
}
