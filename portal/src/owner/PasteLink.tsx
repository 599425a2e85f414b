import { useState } from "react";

import { Field } from "../shared/components/Field.tsx";
import { texts } from "../texts.ts";
import { session } from "./session.ts";

/** Opens the session by a link that the user has. */
export function PasteLink() {
  const [text, setText] = useState("");
  const [error, setError] = useState<string | null>(null);
  const [isBusy, setIsBusy] = useState(false);
  const open = async () => {
    setIsBusy(true);
    setError(null);
    try {
      await session.takePasted(text.trim());
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
      <Field label={texts.paste.label} hint={texts.paste.hint} error={error}>
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
