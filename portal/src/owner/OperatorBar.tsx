import { Foreign } from "../shared/components/Foreign.tsx";
import { Icon } from "../shared/components/Icon.tsx";
import { texts } from "../texts.ts";
import "./operator-bar.css";
import { useSession } from "./session.ts";

/** Says on top of every page that the operator looks at it instead of its owner. It cannot be closed. */
export function OperatorBar() {
  const { operator } = useSession();
  if (!operator) return null;
  const words = texts.operator;
  return (
    <aside className="operator-bar" aria-label={words.label}>
      <Icon name="lock" />
      <p>{words.explanation} {words.signedIn} <Foreign>{operator}</Foreign>.</p>
    </aside>
  );
}
