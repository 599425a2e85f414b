import { useMutation } from "@tanstack/react-query";
import { useState } from "react";

import { answerOf, ApiError, type Schemas } from "../../shared/api.ts";
import { Dialog } from "../../shared/components/Dialog.tsx";
import { ErrorNote } from "../../shared/components/ErrorNote.tsx";
import { Field, FieldGroup } from "../../shared/components/Field.tsx";
import { TimeField } from "../../shared/components/TimeField.tsx";
import { texts } from "../../texts.ts";
import { queryClient } from "../query-client.ts";
import { SecretOnce } from "../SecretOnce.tsx";
import { session } from "../session.ts";

const SCOPES = ["read", "write"] as const;

/** Makes an API key, and shows it once. */
export default function NewKeyDialog({ onClose }: { onClose: () => void }) {
  const words = texts.apiKeys;
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState<Schemas["Scopes"]>(["read"]);
  const [expires_at, setExpiry] = useState<string | undefined>(undefined);
  // The same key for the same body: a lost answer is not lost.
  const [attempts] = useState(() => new Map<string, string>());
  const create = useMutation({
    mutationFn: (body: Schemas["NewApiKey"]) => {
      const text = JSON.stringify(body);
      const attempt = attempts.get(text) ?? crypto.randomUUID();
      attempts.set(text, attempt);
      return answerOf(session.api.POST("/api-keys", { body, params: { header: { "Idempotency-Key": attempt } } }));
    },
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ["api-keys"] }),
    gcTime: 0,
  });
  if (create.data) {
    return (
      <Dialog title={words.createdTitle} onClose={onClose}>
        <SecretOnce label={words.key} secret={create.data.data.key} />
        <div className="actions">
          <button type="button" className="button button-primary" onClick={onClose}>{texts.secret.saved}</button>
        </div>
      </Dialog>
    );
  }
  const nameError = create.error instanceof ApiError && create.error.field === "name" ? create.error.message : null;
  const isReady = name.trim() !== "" && scopes.length > 0;
  return (
    <Dialog title={words.create} onClose={onClose}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (isReady) create.mutate({ name: name.trim(), scopes, expires_at: expires_at ?? null });
        }}
      >
        <Field label={words.name} hint={words.nameHint} error={nameError}>
          {(control) => (
            <input
              {...control}
              maxLength={100}
              dir="auto"
              value={name}
              onChange={(event) => setName(event.target.value)}
            />
          )}
        </Field>
        <FieldGroup label={words.scopes}>
          {SCOPES.map((scope) => (
            <label key={scope} className="choice">
              <input
                type="checkbox"
                checked={scopes.includes(scope)}
                onChange={({ target }) =>
                  setScopes(SCOPES.filter((other) => (other === scope ? target.checked : scopes.includes(other))))}
              />
              <span>{words.scopeNames[scope]}</span>
            </label>
          ))}
        </FieldGroup>
        <TimeField label={words.expiresOptional} value={expires_at} onChange={setExpiry} />
        {create.error && !nameError && <ErrorNote error={create.error} />}
        <div className="actions">
          <button type="button" className="button" onClick={onClose}>{texts.cancel}</button>
          <button type="submit" className="button button-primary" disabled={!isReady || create.isPending}>
            {create.isPending ? texts.working : words.create}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
