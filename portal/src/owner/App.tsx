import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { Suspense } from "react";

import { Skeleton } from "../shared/components/Loaded.tsx";
import { loadedOnFocus } from "../shared/loaded-on-focus.ts";
import { ClosedPage } from "./ClosedPage.tsx";
import { OwnerPage } from "./OwnerPage.tsx";
import { queryClient } from "./query-client.ts";
import { router } from "./router.tsx";
import { useSession } from "./session.ts";

const SignInAgain = loadedOnFocus(() => import("./SignInAgain.tsx"));

/** The portal, or what is needed before it can be shown. */
export function App() {
  const { status, owner } = useSession();
  if (status === "opening") return <main className="page page-narrow"><Skeleton lines={6} /></main>;
  if (status === "closed") return <ClosedPage />;
  if (status === "choosing_owner") return <OwnerPage />;
  return (
    <QueryClientProvider client={queryClient}>
      {/* What was typed for one owner is gone for another. */}
      <RouterProvider key={owner} router={router} />
      <Suspense fallback={null}>{status === "expired" && <SignInAgain />}</Suspense>
    </QueryClientProvider>
  );
}
