import { useState } from "react";

import { texts } from "../../texts.ts";
import { Icon } from "./Icon.tsx";

const SHOWN_MS = 2_000;

/** Copies a text, and says for a moment whether that worked. `label` says what is copied. */
export function CopyButton({ text, label }: { text: string; label: string }) {
  const [result, setResult] = useState<"copied" | "failed" | null>(null);
  const copy = async () => {
    const next = await navigator.clipboard.writeText(text).then(() => "copied" as const, () => "failed" as const);
    setResult(next);
    setTimeout(() => setResult(null), SHOWN_MS);
  };
  return (
    <button type="button" className="button button-small" onClick={copy}>
      <Icon name={result === "copied" ? "check" : "copy"} />
      <span aria-live="polite">{result ? texts.copy[result] : label}</span>
    </button>
  );
}
