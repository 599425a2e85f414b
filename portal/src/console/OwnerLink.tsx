import { consoleTexts } from "../console-texts.ts";
import { Foreign } from "../shared/components/Foreign.tsx";
import { Link } from "./navigation.ts";

/** An owner's id, which leads to the owner's page. */
export function OwnerLink({ owner }: { owner: string | null }) {
  if (!owner) return <span className="quiet">{consoleTexts.noOwner}</span>;
  return <Link to="/owners/$owner" params={{ owner }}><Foreign isCode>{owner}</Foreign></Link>;
}
