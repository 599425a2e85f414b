import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";

import { answerOf } from "../../shared/api.ts";
import { Note } from "../../shared/components/ErrorNote.tsx";
import { PageHeading } from "../../shared/components/PageHeading.tsx";
import { texts } from "../../texts.ts";
import { BackLink } from "../BackLink.tsx";
import { queryClient } from "../query-client.ts";
import { session, useCanWrite } from "../session.ts";
import { CreatedEndpoint } from "./CreatedEndpoint.tsx";
import type { DraftBody } from "./draft.ts";
import { EndpointForm } from "./EndpointForm.tsx";

/** Adds an endpoint, and shows its secret once. */
export function NewEndpointPage() {
  const navigate = useNavigate();
  const canWrite = useCanWrite();
  // The same key for the same body: where the answer was lost, the next try gets it, with the secret.
  const [keys] = useState(() => new Map<string, string>());
  const create = useMutation({
    mutationFn: (body: DraftBody) => {
      const text = JSON.stringify(body);
      const key = keys.get(text) ?? crypto.randomUUID();
      keys.set(text, key);
      return answerOf(session.api.POST("/webhooks", { body, params: { header: { "Idempotency-Key": key } } }));
    },
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ["endpoints"] }),
    gcTime: 0,
  });
  return (
    <>
      <PageHeading
        title={create.data ? texts.created.title : texts.endpoints.create}
        above={<BackLink to="/">{texts.pages.endpoints}</BackLink>}
      />
      {!canWrite && <Note tone="info"><p>{texts.readOnly.reason}</p></Note>}
      {canWrite && create.data && <CreatedEndpoint endpoint={create.data.data} />}
      {canWrite && !create.data && (
        <EndpointForm
          endpoint={null}
          action={texts.endpoints.create}
          isBusy={create.isPending}
          error={create.error}
          onSubmit={create.mutate}
          onCancel={() => void navigate({ to: "/" })}
        />
      )}
    </>
  );
}
