import { Link, type LinkComponentProps } from "@tanstack/react-router";
import type { ReactNode } from "react";

import { Icon } from "../shared/components/Icon.tsx";

/** The way back to the page that lists this one. */
export function BackLink({ children, ...link }: Omit<LinkComponentProps, "children"> & { children: ReactNode }) {
  return <Link {...link} className="back-link"><Icon name="back" />{children}</Link>;
}
