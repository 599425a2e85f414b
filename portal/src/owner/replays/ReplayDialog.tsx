import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { answerOf, type Schemas } from "../../shared/api.ts";
import { Dialog } from "../../shared/components/Dialog.tsx";
import { ErrorNote, Note } from "../../shared/components/ErrorNote.tsx";
import { Time } from "../../shared/components/Time.tsx";
import { texts } from "../../texts.ts";
import { queryClient } from "../query-client.ts";
import { replayQuery } from "../queries.ts";
import { session } from "../session.ts";
import { ReplayFields, type ReplayDraft } from "./ReplayFields.tsx";
import { ReplayProgress } from "./ReplayProgress.tsx";

interface ReplayDialogProps {
  since?: string;
  until?: string;
  types?: string[];
  onClose: () => void;
}

const DAY_MS = 86_400_000;

/** Sends events of the log to an endpoint: counted first, then watched. */
export default function ReplayDialog({ since, until, types, onClose }: ReplayDialogProps) {
  const words = texts.replay;
  const [draft, setDraft] = useState<ReplayDraft>(() => ({
    endpointId: "",
    since: since ?? new Date(Date.now() - DAY_MS).toISOString(),
    until,
    types: types ?? [],
    filter: "",
    only: "missing",
    newIds: false,
  }));
  const count = useMutation({
    mutationFn: (body: Schemas["NewReplay"]) => replay(draft.endpointId, { ...body, dry_run: true }),
  });
  const start = useMutation({
    mutationFn: (body: Schemas["NewReplay"]) => replay(draft.endpointId, body),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ["replays"] }),
  });
  if (start.data?.id) return <RunningDialog replayId={start.data.id} onClose={onClose} />;
  const change = (part: Partial<ReplayDraft>) => {
    // What was counted was another choice.
    count.reset();
    start.reset();
    setDraft((before) => ({ ...before, ...part }));
  };
  const isReady = draft.endpointId !== "" && draft.since !== undefined;
  const error = start.error ?? count.error;
  const isBusy = count.isPending || start.isPending;
  return (
    <Dialog title={words.title} description={<p>{words.explanation}</p>} onClose={onClose} isWide>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (!isReady || isBusy) return;
          if (count.data) start.mutate(bodyOf(draft));
          else count.mutate(bodyOf(draft));
        }}
      >
        <ReplayFields draft={draft} onChange={change} error={error} />
        {error && <ErrorNote error={error} />}
        <div aria-live="polite">{count.data && <Counted replay={count.data} />}</div>
        <div className="actions">
          <button type="button" className="button" onClick={onClose}>{texts.cancel}</button>
          <button
            type="submit"
            className="button button-primary"
            disabled={!isReady || isBusy || count.data?.replayed === 0}
          >
            {isBusy && texts.working}
            {!isBusy && (count.data ? words.send(count.data.replayed, count.data.status === "running") : words.count)}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function Counted({ replay: counted }: { replay: Schemas["Replay"] }) {
  const words = texts.replay;
  return (
    <Note tone={counted.replayed > 0 ? "info" : "warning"}>
      <p>
        <strong>{words.counted(counted.replayed, counted.status === "running")}</strong>
        {counted.erased > 0 && <> {words.erased(counted.erased)}</>}
        {counted.log_begins_at && <> {words.logBegins} <Time value={counted.log_begins_at} />.</>}
      </p>
    </Note>
  );
}

function RunningDialog({ replayId, onClose }: { replayId: string; onClose: () => void }) {
  const running = useQuery(replayQuery(replayId));
  return (
    <Dialog title={texts.replay.running} onClose={onClose}>
      {running.error && <ErrorNote error={running.error} onRetry={() => void running.refetch()} />}
      {running.data ? <ReplayProgress replay={running.data} /> : <p role="status">{texts.loading}</p>}
      <p className="hint">{texts.replay.goesOn}</p>
      <div className="actions">
        <button type="button" className="button" onClick={onClose}>{texts.close}</button>
      </div>
    </Dialog>
  );
}

async function replay(endpointId: string, body: Schemas["NewReplay"]): Promise<Schemas["Replay"]> {
  const params = { path: { endpoint_id: endpointId } };
  return (await answerOf(session.api.POST("/webhooks/{endpoint_id}/replay", { params, body }))).data;
}

function bodyOf(draft: ReplayDraft): Schemas["NewReplay"] {
  return {
    since: draft.since ?? "",
    until: draft.until ?? null,
    event_types: draft.types.length > 0 ? draft.types : null,
    filter: draft.filter.trim() || null,
    only: draft.only,
    new_ids: draft.newIds,
  };
}
