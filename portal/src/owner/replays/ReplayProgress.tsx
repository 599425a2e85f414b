import { useMutation } from "@tanstack/react-query";

import { answerOf, type Schemas } from "../../shared/api.ts";
import { ErrorNote } from "../../shared/components/ErrorNote.tsx";
import { Foreign } from "../../shared/components/Foreign.tsx";
import { formatCount } from "../../shared/numbers.ts";
import { StatusBadge, type Tone } from "../../shared/components/StatusBadge.tsx";
import type { IconName } from "../../shared/components/Icon.tsx";
import { texts } from "../../texts.ts";
import { queryClient } from "../query-client.ts";
import { session, useCanWrite } from "../session.ts";

type Replay = Schemas["Replay"];

const LOOKS: Record<Replay["status"], { tone: Tone; icon: IconName }> = {
  running: { tone: "busy", icon: "clock" },
  done: { tone: "good", icon: "check" },
  cancelled: { tone: "quiet", icon: "pause" },
  failed: { tone: "bad", icon: "cross" },
};

/** How far a replay is, and the way to end it. */
export function ReplayProgress({ replay }: { replay: Replay }) {
  const words = texts.replay;
  const canWrite = useCanWrite();
  const cancel = useMutation({
    mutationFn: () => answerOf(session.api.POST("/replays/{replay_id}/cancel", {
      params: { path: { replay_id: replay.id ?? "" } },
    })),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: ["replay", replay.id] });
      await queryClient.invalidateQueries({ queryKey: ["replays"] });
    },
  });
  return (
    <div className="stack stack-tight">
      <div className="row">
        <StatusBadge {...LOOKS[replay.status]} label={words.statuses[replay.status]} />
        <span role="status">{words.progress(formatCount(replay.replayed), formatCount(replay.looked_at))}</span>
        {replay.status === "running" && canWrite && (
          <button
            type="button"
            className="button button-small"
            onClick={() => cancel.mutate()}
            disabled={cancel.isPending}
          >
            {words.cancel}
          </button>
        )}
      </div>
      {replay.erased > 0 && <p className="hint">{words.erased(replay.erased)}</p>}
      {replay.last_error && <p><Foreign>{replay.last_error}</Foreign></p>}
      {cancel.error && <ErrorNote error={cancel.error} />}
    </div>
  );
}
