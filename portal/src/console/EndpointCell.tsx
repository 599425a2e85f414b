import { consoleTexts } from "../console-texts.ts";
import { EndpointUrl } from "../shared/components/EndpointUrl.tsx";
import { Link } from "./navigation.ts";
import { OwnerLink } from "./OwnerLink.tsx";

/** An endpoint in a table: its URL, which leads to its owner's page, and its owner. */
export function EndpointCell({ id, url, owner }: { id: string; url: string; owner: string | null }) {
  if (!owner) return <><EndpointUrl url={url} /><div className="hint">{consoleTexts.noOwner}</div></>;
  return (
    <>
      <Link to="/owners/$owner" params={{ owner }} search={{ endpoint: id }} className="row-link">
        <EndpointUrl url={url} />
      </Link>
      <div className="hint">{consoleTexts.owner} <OwnerLink owner={owner} /></div>
    </>
  );
}
