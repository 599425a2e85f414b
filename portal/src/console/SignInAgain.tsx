import { SignInAgainDialog } from "../shared/components/SignInAgainDialog.tsx";
import { PasteLink } from "./PasteLink.tsx";
import { session, useSession } from "./session.ts";

/** Over the console when its session has ended. */
export default function SignInAgain() {
  const { problem } = useSession();
  return (
    <SignInAgainDialog problem={problem} onRenew={() => session.renew()}>
      <PasteLink />
    </SignInAgainDialog>
  );
}
