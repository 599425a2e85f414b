import { useMutation } from "@tanstack/react-query";
import { useState } from "react";

import { consoleTexts } from "../../console-texts.ts";
import { answerOf, type Schemas } from "../../shared/api.ts";
import { Dialog } from "../../shared/components/Dialog.tsx";
import { ErrorNote } from "../../shared/components/ErrorNote.tsx";
import { texts } from "../../texts.ts";
import { queryClient } from "../query-client.ts";
import { session } from "../session.ts";
import { bodyOf, draftOf, isReady, type TypeDraft } from "./draft.ts";
import { SavedType } from "./SavedType.tsx";
import { TypeFields } from "./TypeFields.tsx";

interface TypeDialogProps {
  /** Null for a new one. */
  type: Schemas["EventTypeInUse"] | null;
  onClose: () => void;
}

/** Changes an event type, or adds one. */
export default function TypeDialog({ type, onClose }: TypeDialogProps) {
  const words = consoleTexts.typeForm;
  const [initial] = useState(() => draftOf(type));
  const [draft, setDraft] = useState<TypeDraft>(initial);
  const isNew = !type?.is_in_catalogue;
  const body = isReady(draft) ? bodyOf(draft, initial, isNew) : null;
  const save = useMutation({
    mutationFn: (text: string) => answerOf(session.api.PUT("/event-types/{name}", {
      params: { path: { name: draft.name.trim() } },
      body: {},
      // As it was typed: parsing it would change large numbers.
      bodySerializer: () => text,
    })),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ["event-types"] }),
  });
  if (save.data) return <SavedType type={save.data.data} onClose={onClose} />;
  return (
    <Dialog title={type ? words.editTitle(type.name) : words.addTitle} onClose={onClose} isWide>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (body) save.mutate(body);
        }}
      >
        <TypeFields
          draft={draft}
          isNamed={type !== null}
          error={save.error}
          onChange={(part) => setDraft((before) => ({ ...before, ...part }))}
        />
        {save.error && <ErrorNote error={save.error} />}
        <div className="actions">
          <button type="button" className="button" onClick={onClose}>{texts.cancel}</button>
          <button type="submit" className="button button-primary" disabled={!body || save.isPending}>
            {save.isPending ? texts.working : words.save}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
