import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { lazy, Suspense } from "react";

import { Skeleton } from "../shared/components/Loaded.tsx";
import { queryClient } from "./query-client.ts";
import { router } from "./router.tsx";
import { useSession } from "./session.ts";

const ClosedPage = lazy(() => import("./ClosedPage.tsx"));
const SignInAgain = lazy(() => import("./SignInAgain.tsx"));

/** The console, or what is needed before it can be shown. */
export function App() {
  const { status } = useSession();
  if (status === "opening") return <main className="page page-narrow"><Skeleton lines={6} /></main>;
  return (
    <QueryClientProvider client={queryClient}>
      <Suspense fallback={null}>{status === "closed" && <ClosedPage />}</Suspense>
      {status !== "closed" && <RouterProvider router={router} />}
      <Suspense fallback={null}>{status === "expired" && <SignInAgain />}</Suspense>
    </QueryClientProvider>
  );
}
