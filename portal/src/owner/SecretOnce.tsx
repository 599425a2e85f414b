import { CodeBlock } from "../shared/components/CodeBlock.tsx";
import { Note } from "../shared/components/ErrorNote.tsx";
import { texts } from "../texts.ts";

/** A secret in the only moment in which it can be seen. */
export function SecretOnce({ label, secret }: { label: string; secret: string }) {
  return (
    <div className="stack stack-tight">
      <Note tone="warning"><p>{texts.secret.once}</p></Note>
      <CodeBlock label={label} text={secret} />
    </div>
  );
}
