import { useMutation } from "@tanstack/react-query";
import { useState } from "react";

import { consoleTexts } from "../../console-texts.ts";
import { answerOf } from "../../shared/api.ts";
import { Dialog } from "../../shared/components/Dialog.tsx";
import { ErrorNote } from "../../shared/components/ErrorNote.tsx";
import { texts } from "../../texts.ts";
import { fieldError } from "../field-error.ts";
import { queryClient } from "../query-client.ts";
import { session } from "../session.ts";
import { bodyOf, draftOf, isReady, type TypeDraft, type TypeEntry } from "./draft.ts";
import { SavedType } from "./SavedType.tsx";
import { TypeFields } from "./TypeFields.tsx";

interface TypeDialogProps {
  /** Null for a new one. */
  entry: TypeEntry | null;
  /** The names that the catalogue has. */
  known: string[];
  onClose: () => void;
}

const FIELDS = ["description", "example", "schema", "validation"];

/** Changes an event type, or adds one. */
export default function TypeDialog({ entry, known, onClose }: TypeDialogProps) {
  const words = consoleTexts.typeForm;
  const [initial] = useState(() => draftOf(entry));
  const [draft, setDraft] = useState<TypeDraft>(initial);
  const isNamed = entry !== null;
  const isNew = !entry?.type.is_in_catalogue;
  const save = useMutation({
    mutationFn: (text: string) => answerOf(session.api.PUT("/event-types/{name}", {
      params: { path: { name: draft.name.trim() } },
      body: {},
      // As it was typed: parsing it would change large numbers.
      bodySerializer: () => text,
    })),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ["event-types"] }),
  });
  // Saving it would change the type that has this name. While it saves, that may be itself.
  const isTaken = !isNamed && !save.isPending && known.includes(draft.name.trim());
  const body = isReady(draft) && !isTaken ? bodyOf(draft, initial, isNew) : null;
  // While it saves, closing would hide what comes of it.
  const close = () => {
    if (!save.isPending) onClose();
  };
  if (save.data) return <SavedType type={save.data.data} onClose={onClose} />;
  return (
    <Dialog title={entry ? words.editTitle(entry.type.name) : words.addTitle} onClose={close} isWide>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (body && !save.isPending) save.mutate(body);
        }}
      >
        <TypeFields
          draft={draft}
          isNamed={isNamed}
          isTaken={isTaken}
          error={save.error}
          onChange={(part) => setDraft((before) => ({ ...before, ...part }))}
        />
        {save.error && !fieldError(save.error, ...FIELDS, ...(isNamed ? [] : ["name"])) && (
          <ErrorNote error={save.error} />
        )}
        <div className="actions">
          <button type="button" className="button" aria-disabled={save.isPending} onClick={close}>
            {texts.cancel}
          </button>
          <button type="submit" className="button button-primary" disabled={!body || save.isPending}>
            {save.isPending ? texts.working : words.save}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
