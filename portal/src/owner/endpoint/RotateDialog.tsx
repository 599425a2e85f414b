import { useMutation } from "@tanstack/react-query";
import { useState } from "react";

import { answerOf, ApiError, type Schemas } from "../../shared/api.ts";
import { Dialog } from "../../shared/components/Dialog.tsx";
import { ErrorNote, Note } from "../../shared/components/ErrorNote.tsx";
import { Field } from "../../shared/components/Field.tsx";
import { texts } from "../../texts.ts";
import { forgetEndpoint } from "../actions.ts";
import { SecretOnce } from "../SecretOnce.tsx";
import { session } from "../session.ts";

const MOST_HOURS = 168;

/** Gives an endpoint a new secret, and shows it once. */
export function RotateDialog({ endpoint, onClose }: { endpoint: Schemas["Endpoint"]; onClose: () => void }) {
  const words = texts.rotate;
  const [hours, setHours] = useState("24");
  // The same key for the same hours: a lost answer is not lost.
  const [keys] = useState(() => new Map<number, string>());
  const rotate = useMutation({
    mutationFn: (expires_in_hours: number) => {
      const key = keys.get(expires_in_hours) ?? crypto.randomUUID();
      keys.set(expires_in_hours, key);
      const params = { path: { endpoint_id: endpoint.id }, header: { "Idempotency-Key": key } };
      const body = { expires_in_hours };
      return answerOf(session.api.POST("/webhooks/{endpoint_id}/rotate-secret", { params, body }));
    },
    onSuccess: () => forgetEndpoint(endpoint.id),
    gcTime: 0,
  });
  const count = Number(hours);
  const isValid = hours.trim() !== "" && Number.isInteger(count) && count >= 0 && count <= MOST_HOURS;
  const fieldError = rotate.error instanceof ApiError && rotate.error.field ? rotate.error.message : null;
  if (rotate.data) {
    return (
      <Dialog title={words.done} description={<p>{words.doneExplanation(count)}</p>} onClose={onClose}>
        <SecretOnce label={texts.secret.newLabel} secret={rotate.data.data.secret} />
        <div className="actions">
          <button type="button" className="button button-primary" onClick={onClose}>{texts.secret.saved}</button>
        </div>
      </Dialog>
    );
  }
  return (
    <Dialog title={texts.endpoint.rotate} description={<p>{words.explanation}</p>} onClose={onClose}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (isValid) rotate.mutate(count);
        }}
      >
        <Field label={words.hours} hint={words.hoursHint} error={isValid ? fieldError : words.hoursError}>
          {(control) => (
            <input
              {...control}
              type="number"
              min={0}
              max={MOST_HOURS}
              step={1}
              value={hours}
              onChange={(event) => setHours(event.target.value)}
            />
          )}
        </Field>
        {isValid && count === 0 && <Note tone="warning"><p>{words.atOnce}</p></Note>}
        {rotate.error && !fieldError && <ErrorNote error={rotate.error} />}
        <div className="actions">
          <button type="button" className="button" onClick={onClose}>{texts.cancel}</button>
          <button type="submit" className="button button-primary" disabled={!isValid || rotate.isPending}>
            {rotate.isPending ? texts.working : words.action}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
