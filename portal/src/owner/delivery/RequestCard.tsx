import type { Schemas } from "../../shared/api.ts";
import { CodeBlock } from "../../shared/components/CodeBlock.tsx";
import { DataTable } from "../../shared/components/DataTable.tsx";
import { Foreign } from "../../shared/components/Foreign.tsx";
import { texts } from "../../texts.ts";
import { curlCommand, sentHeaders } from "./request.ts";

interface RequestCardProps {
  endpoint: Schemas["Endpoint"];
  delivery: Schemas["DeliveryWithAttempts"];
  /** The body as it was sent, if it is still known. */
  payload: string | null;
}

/** The headers of a request, and the request as a command. */
export function RequestCard({ endpoint, delivery, payload }: RequestCardProps) {
  const words = texts.request;
  const headers = sentHeaders(endpoint, delivery);
  return (
    <>
      <DataTable
        caption={words.headers}
        isCaptionVisible
        rows={headers}
        rowKey={(header) => header.name}
        columns={[
          { header: words.name, cell: (header) => <Foreign isCode>{header.name}</Foreign>, isRowHeader: true },
          {
            header: words.value,
            cell: (header) => (header.value === null
              ? <span className="hint">{header.note}</span>
              : <Foreign isCode>{header.value}</Foreign>),
          },
        ]}
      />
      <p className="hint">{words.headersNote}</p>
      {payload !== null && (
        <>
          <CodeBlock label={words.curl} text={curlCommand(endpoint.url, headers, payload)} />
          <p className="hint">{endpoint.signature_headers ? words.curlNoteOther : words.curlNote}</p>
        </>
      )}
    </>
  );
}
