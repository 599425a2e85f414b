import { SignInAgainDialog } from "../shared/components/SignInAgainDialog.tsx";
import { PasteLink } from "./PasteLink.tsx";
import { session } from "./session.ts";

/** Over the portal when its session has ended. */
export default function SignInAgain() {
  return <SignInAgainDialog onRenew={() => session.renew()}><PasteLink /></SignInAgainDialog>;
}
