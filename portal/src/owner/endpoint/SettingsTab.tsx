import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

import type { Schemas } from "../../shared/api.ts";
import { Foreign } from "../../shared/components/Foreign.tsx";
import { Countdown, Time } from "../../shared/components/Time.tsx";
import { formatDuration } from "../../shared/duration.ts";
import { texts } from "../../texts.ts";
import { useCanWrite } from "../session.ts";
import type { SignatureHeaders } from "../signatures.ts";
import type { EndpointDialog } from "./EndpointDialogs.tsx";

interface SettingsTabProps {
  endpoint: Schemas["Endpoint"];
  onOpen: (dialog: EndpointDialog) => void;
}

/** How an endpoint is set up, in words. */
export function SettingsTab({ endpoint, onOpen }: SettingsTabProps) {
  const words = texts.settings;
  const canWrite = useCanWrite();
  return (
    <>
      <section className="card stack" aria-label={words.delivery}>
        <h2>{words.delivery}</h2>
        <dl className="description-list">
          <Setting name={words.url}><Foreign isCode>{endpoint.url}</Foreign></Setting>
          <Setting name={words.description}><Foreign>{endpoint.description ?? texts.none}</Foreign></Setting>
          <Setting name={words.events}><Types names={endpoint.events} /></Setting>
          <Setting name={words.filter}>
            {endpoint.filter ? <Foreign isCode>{endpoint.filter}</Foreign> : words.noFilter}
          </Setting>
          <Setting name={words.ordering}><Ordering ordering={endpoint.ordering} /></Setting>
          <Setting name={words.rateLimit}>
            {endpoint.rate_limit_per_minute ? words.perMinute(endpoint.rate_limit_per_minute) : words.noLimit}
          </Setting>
          <Setting name={words.attempts}>{words.attemptCount(endpoint.max_attempts)}</Setting>
          <Setting name={words.schedule}>
            {endpoint.retry_schedule?.map(formatDuration).join(", ") ?? words.defaultSchedule}
          </Setting>
          <Setting name={words.headers}><Names names={endpoint.headers} /></Setting>
          <Setting name={words.signatures}><Signatures headers={endpoint.signature_headers} /></Setting>
          <Setting name={words.metadata}><Metadata metadata={endpoint.metadata} /></Setting>
          <Setting name={words.created}><Time value={endpoint.created_at} /></Setting>
          <Setting name={words.updated}><Time value={endpoint.updated_at} /></Setting>
        </dl>
        {canWrite && (
          <div>
            <Link to="/endpoints/$endpointId/edit" params={{ endpointId: endpoint.id }} className="button">
              {texts.edit}
            </Link>
          </div>
        )}
      </section>
      <section className="card stack" aria-label={words.secret}>
        <h2>{words.secret}</h2>
        <p>
          {words.secretExplanation}
          {endpoint.secret_expires_at && Date.parse(endpoint.secret_expires_at) > Date.now() && (
            <> {texts.rotate.overlap} <Countdown until={endpoint.secret_expires_at} />.</>
          )}
        </p>
        {canWrite && (
          <div>
            <button type="button" className="button" onClick={() => onOpen("rotate")}>{texts.endpoint.rotate}</button>
          </div>
        )}
      </section>
      {canWrite && <SwitchAndDelete endpoint={endpoint} onOpen={onOpen} />}
    </>
  );
}

function SwitchAndDelete({ endpoint, onOpen }: SettingsTabProps) {
  const words = texts.endpoint;
  return (
    <section className="card stack" aria-label={texts.settings.ending}>
      <h2>{texts.settings.ending}</h2>
      <div className="row">
        <button type="button" className="button" onClick={() => onOpen("switch")}>
          {endpoint.is_active ? words.switchOff : words.switchOn}
        </button>
        <button type="button" className="button button-danger" onClick={() => onOpen("delete")}>{words.delete}</button>
      </div>
    </section>
  );
}

function Setting({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}

function Types({ names }: { names: string[] }) {
  return names.includes("*") ? texts.types.all : <Names names={names} />;
}

function Names({ names }: { names: string[] }) {
  if (names.length === 0) return texts.none;
  return (
    <span className="chips">
      {names.map((name) => <span key={name} className="chip"><Foreign>{name}</Foreign></span>)}
    </span>
  );
}

function Ordering({ ordering }: { ordering: Schemas["Ordering"] }) {
  const words = texts.settings;
  if (typeof ordering === "string") return ordering === "none" ? words.noOrder : words.orderAll;
  return <>{words.orderBy} <Foreign isCode>{ordering.key}</Foreign></>;
}

function Signatures({ headers }: { headers: SignatureHeaders | null }) {
  if (!headers) return texts.settings.defaultSignatures;
  const { kinds } = texts.signatures;
  return <Names names={Object.entries(headers).map(([name, kind]) => `${name}: ${kinds[kind]}`)} />;
}

function Metadata({ metadata }: { metadata: Record<string, string> }) {
  return <Names names={Object.entries(metadata).map(([name, value]) => `${name} = ${value}`)} />;
}
