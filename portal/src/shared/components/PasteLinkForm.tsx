import { useState } from "react";

import { texts } from "../../texts.ts";
import { Field } from "./Field.tsx";

interface PasteLinkFormProps {
  label: string;
  hint: string;
  /** Opens the session by what was pasted. What it rejects with is shown. */
  onPaste: (text: string) => Promise<void>;
}

/** Opens the session by a link that the user has. */
export function PasteLinkForm({ label, hint, onPaste }: PasteLinkFormProps) {
  const [text, setText] = useState("");
  const [error, setError] = useState<string | null>(null);
  const [isBusy, setIsBusy] = useState(false);
  const open = async () => {
    setIsBusy(true);
    setError(null);
    try {
      await onPaste(text.trim());
    } catch (problem) {
      setError((problem as Error).message);
      setIsBusy(false);
    }
  };
  return (
    <form
      className="stack stack-tight"
      onSubmit={(event) => {
        event.preventDefault();
        if (text.trim()) void open();
      }}
    >
      <Field label={label} hint={hint} error={error}>
        {(control) => (
          <input
            {...control}
            type="password"
            autoComplete="off"
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
        )}
      </Field>
      <div>
        <button type="submit" className="button" disabled={isBusy || !text.trim()}>
          {isBusy ? texts.working : texts.paste.action}
        </button>
      </div>
    </form>
  );
}
