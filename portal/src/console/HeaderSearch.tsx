import { useLocation } from "@tanstack/react-router";
import { useId, useState } from "react";

import { consoleTexts } from "../console-texts.ts";
import { Icon } from "../shared/components/Icon.tsx";
import { readText } from "../shared/search-params.ts";
import { useForeignAddress } from "./foreign-address.ts";
import { useGo } from "./navigation.ts";
import { foundQuery } from "./queries.ts";
import { queryClient } from "./query-client.ts";

/** The search for an event, a delivery, an endpoint or an owner. */
export function HeaderSearch() {
  const words = consoleTexts.search;
  const id = useId();
  const go = useGo();
  const searched = useLocation({
    select: ({ pathname, search }) => {
      const { text } = search as { text?: unknown };
      return (pathname === "/search" && readText(text)) || "";
    },
  });
  const [text, setText] = useState(searched);
  const note = useForeignAddress(searched, () => setText(searched));
  const search = () => {
    const wanted = text.trim();
    if (!wanted) return;
    if (wanted === searched) {
      void queryClient.invalidateQueries({ queryKey: foundQuery(wanted).queryKey });
      return;
    }
    note(wanted);
    void go({ to: "/search", search: { text: wanted } });
  };
  return (
    <form
      role="search"
      className="search-field header-search"
      onSubmit={(event) => {
        event.preventDefault();
        search();
      }}
    >
      <label htmlFor={id} className="visually-hidden">{words.label}</label>
      <Icon name="search" />
      <input
        id={id}
        type="search"
        placeholder={words.label}
        spellCheck={false}
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <button type="submit" className="visually-hidden">{words.action}</button>
    </form>
  );
}
