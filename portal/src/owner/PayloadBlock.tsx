import { useMemo, useState } from "react";

import { CodeBlock } from "../shared/components/CodeBlock.tsx";
import { Segments } from "../shared/components/Segments.tsx";
import { indentJson } from "../shared/json.ts";
import { texts } from "../texts.ts";

/** A payload, with a line for each member or as it is sent. */
export function PayloadBlock({ json }: { json: string }) {
  const [view, setView] = useState<"pretty" | "raw">("pretty");
  const pretty = useMemo(() => indentJson(json), [json]);
  return (
    <CodeBlock
      label={texts.payload.label}
      text={view === "pretty" ? pretty : json}
      controls={
        <Segments
          label={texts.payload.view}
          value={view}
          options={[{ value: "pretty", label: texts.payload.pretty }, { value: "raw", label: texts.payload.raw }]}
          onChange={setView}
        />
      }
    />
  );
}
