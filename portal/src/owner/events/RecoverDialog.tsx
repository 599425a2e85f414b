import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";

import type { Schemas } from "../../shared/api.ts";
import { Dialog } from "../../shared/components/Dialog.tsx";
import { ErrorNote } from "../../shared/components/ErrorNote.tsx";
import { TimeField } from "../../shared/components/TimeField.tsx";
import { notify } from "../../shared/notify.ts";
import { texts } from "../../texts.ts";
import { countFailed, resendFailed } from "../actions.ts";
import { EndpointSelect } from "../EndpointSelect.tsx";
import { TypeSelect } from "../TypeSelect.tsx";

/** Has failed deliveries sent again, of an endpoint or of all, counted first. */
export default function RecoverDialog({ onClose }: { onClose: () => void }) {
  const words = texts.recover;
  const [which, setWhich] = useState<Schemas["WhichDeliveries"]>({});
  const count = useQuery({ queryKey: ["failed-count", which], queryFn: () => countFailed(which), staleTime: 0 });
  const send = useMutation({
    mutationFn: () => resendFailed(which),
    onSuccess: (total) => {
      notify(words.done(total));
      onClose();
    },
  });
  const change = (part: Schemas["WhichDeliveries"]) => setWhich((before) => ({ ...before, ...part }));
  const matched = count.data?.matched ?? 0;
  return (
    <Dialog title={words.title} description={<p>{words.explanation}</p>} onClose={onClose}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (matched > 0) send.mutate();
        }}
      >
        <EndpointSelect
          value={which.endpoint_id ?? ""}
          allLabel={words.allEndpoints}
          onChange={(id) => change({ endpoint_id: id || null })}
        />
        <TypeSelect
          value={which.event_type ?? undefined}
          onChange={(type) => change({ event_type: type ?? null })}
        />
        <div className="columns">
          <TimeField
            label={words.since}
            value={which.since ?? undefined}
            onChange={(since) => change({ since: since ?? null })}
          />
          <TimeField
            label={words.until}
            value={which.until ?? undefined}
            onChange={(until) => change({ until: until ?? null })}
          />
        </div>
        <p role="status"><strong>{count.data ? words.count(matched, count.data.more) : texts.loading}</strong></p>
        <p className="hint">{words.note}</p>
        {(send.error ?? count.error) && <ErrorNote error={(send.error ?? count.error) as Error} />}
        <div className="actions">
          <button type="button" className="button" onClick={onClose}>{texts.cancel}</button>
          <button type="submit" className="button button-primary" disabled={matched === 0 || send.isPending}>
            {send.isPending ? texts.working : words.action(matched, count.data?.more ?? false)}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
