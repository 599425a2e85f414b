import { Tabs } from "@base-ui/react/tabs";
import { useQuery } from "@tanstack/react-query";

import { CodeBlock } from "../../shared/components/CodeBlock.tsx";
import { Loaded } from "../../shared/components/Loaded.tsx";
import { texts } from "../../texts.ts";
import { RECEIVERS, type Receiver } from "./receivers.ts";

/** The code of a receiver that verifies, in the language that is chosen. */
export function ReceiverCode() {
  return (
    <Tabs.Root defaultValue={RECEIVERS[0]?.name}>
      <Tabs.List className="tab-list" aria-label={texts.created.languages}>
        {RECEIVERS.map(({ name }) => <Tabs.Tab key={name} value={name} className="tab">{name}</Tabs.Tab>)}
      </Tabs.List>
      {RECEIVERS.map((receiver) => (
        <Tabs.Panel key={receiver.name} value={receiver.name} className="tab-panel">
          <Code receiver={receiver} />
        </Tabs.Panel>
      ))}
    </Tabs.Root>
  );
}

function Code({ receiver }: { receiver: Receiver }) {
  const code = useQuery({
    queryKey: ["receiver", receiver.name],
    queryFn: async () => (await receiver.load()).default,
    staleTime: Number.POSITIVE_INFINITY,
  });
  return <Loaded query={code} lines={14}>{(text) => <CodeBlock label={receiver.file} text={text} />}</Loaded>;
}
