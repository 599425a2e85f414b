import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useRef } from "react";

import { Skeleton } from "../shared/components/Loaded.tsx";
import { queryClient } from "./query-client.ts";
import { router } from "./router.tsx";
import { useSession } from "./session.ts";

const ClosedPage = lazy(() => import("./ClosedPage.tsx"));
const OwnerPage = lazy(() => import("./OwnerPage.tsx"));
const SignInAgain = lazy(() => import("./SignInAgain.tsx"));

/** The portal, or what is needed before it can be shown. */
export function App() {
  const { status, owner } = useSession();
  useOwnersData(owner);
  if (status === "opening") return <main className="page page-narrow"><Skeleton lines={6} /></main>;
  return (
    <QueryClientProvider client={queryClient}>
      <Suspense fallback={null}>
        {status === "closed" && <ClosedPage />}
        {status === "choosing_owner" && <OwnerPage />}
      </Suspense>
      {(status === "open" || status === "expired") && <RouterProvider router={router} />}
      <Suspense fallback={null}>{status === "expired" && <SignInAgain />}</Suspense>
    </QueryClientProvider>
  );
}

/** What was loaded for one owner must not be shown to another. */
function useOwnersData(owner: string | null): void {
  const before = useRef(owner);
  useEffect(() => {
    if (before.current !== null && before.current !== owner) {
      queryClient.removeQueries({ type: "inactive" });
      void queryClient.resetQueries();
    }
    before.current = owner;
  }, [owner]);
}
