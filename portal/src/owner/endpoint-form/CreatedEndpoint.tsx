import { Link } from "@tanstack/react-router";

import type { Schemas } from "../../shared/api.ts";
import { Note } from "../../shared/components/ErrorNote.tsx";
import { Foreign } from "../../shared/components/Foreign.tsx";
import { texts } from "../../texts.ts";
import { SecretOnce } from "../SecretOnce.tsx";
import { ReceiverCode } from "./ReceiverCode.tsx";

/** What to do after an endpoint was added: keep the secret, verify with it, send a test event. */
export function CreatedEndpoint({ endpoint }: { endpoint: Schemas["EndpointWithSecret"] }) {
  const words = texts.created;
  return (
    <>
      <section className="card stack" aria-labelledby="created-secret">
        <h2 id="created-secret">{words.secret}</h2>
        <p><Foreign isCode>{endpoint.url}</Foreign></p>
        <SecretOnce label={texts.secret.label} secret={endpoint.secret} />
      </section>
      <section className="card stack" aria-labelledby="created-code">
        <h2 id="created-code">{words.code}</h2>
        <p>{words.codeExplanation}</p>
        {endpoint.signature_headers && <Note tone="warning"><p>{words.otherHeaders}</p></Note>}
        <ReceiverCode />
      </section>
      <section className="card stack" aria-labelledby="created-next">
        <h2 id="created-next">{words.next}</h2>
        <p>{words.nextExplanation}</p>
        <div>
          <Link to="/endpoints/$endpointId" params={{ endpointId: endpoint.id }} className="button button-primary">
            {words.toEndpoint}
          </Link>
        </div>
      </section>
    </>
  );
}
