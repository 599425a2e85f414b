import type { ReactNode } from "react";

import { texts } from "../../texts.ts";
import { CopyButton } from "./CopyButton.tsx";

interface CodeBlockProps {
  /** What the code is, for screen readers and the head of the block. */
  label: string;
  text: string;
  /** Beside the button that copies. */
  controls?: ReactNode;
  /** Whether it may be in a language that is written from right to left. */
  isProse?: boolean;
}

/** A text from a machine, as it is, in a box that scrolls by itself. */
export function CodeBlock({ label, text, controls, isProse }: CodeBlockProps) {
  return (
    <figure className="code-block">
      <figcaption>
        <span>{label}</span>
        <span className="row">
          {controls}
          <CopyButton text={text} label={texts.copy.action} />
        </span>
      </figcaption>
      <pre tabIndex={0} role="group" aria-label={label} dir={isProse ? "auto" : "ltr"}>{text}</pre>
    </figure>
  );
}
