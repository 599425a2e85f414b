import type { ReactNode } from "react";

/** A text from elsewhere, such as a name or a URL: in its own direction, and broken where it does not fit. */
export function Foreign({ children, isCode = false }: { children: ReactNode; isCode?: boolean }) {
  return <bdi dir="auto" className={isCode ? "foreign code" : "foreign"}>{children}</bdi>;
}
