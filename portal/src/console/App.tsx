import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { Suspense } from "react";

import { Skeleton } from "../shared/components/Loaded.tsx";
import { loadedOnFocus } from "../shared/loaded-on-focus.ts";
import { ClosedPage } from "./ClosedPage.tsx";
import { queryClient } from "./query-client.ts";
import { router } from "./router.tsx";
import { useSession } from "./session.ts";

const SignInAgain = loadedOnFocus(() => import("./SignInAgain.tsx"));

/** The console, or what is needed before it can be shown. */
export function App() {
  const { status } = useSession();
  if (status === "opening") return <main className="page page-narrow"><Skeleton lines={6} /></main>;
  if (status === "closed") return <ClosedPage />;
  return (
    <QueryClientProvider client={queryClient}>
      <RouterProvider router={router} />
      <Suspense fallback={null}>{status === "expired" && <SignInAgain />}</Suspense>
    </QueryClientProvider>
  );
}
