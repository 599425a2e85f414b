// The pages of the console and their paths.

import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from "@tanstack/react-router";

import { BrokenPage, PendingPage } from "../shared/components/FallbackPages.tsx";
import { MissingPage } from "./MissingPage.tsx";
import { readActionSearch, readOwnerSearch, readResultsSearch, readStatsSearch, readTypesSearch } from "./search.ts";
import { Shell } from "./Shell.tsx";

const rootRoute = createRootRoute({ component: Shell });

const nowRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/",
  validateSearch: readStatsSearch,
  component: lazyRouteComponent(() => import("./now/NowPage.tsx"), "NowPage"),
});

const searchRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/search",
  validateSearch: readResultsSearch,
  component: lazyRouteComponent(() => import("./search/SearchPage.tsx"), "SearchPage"),
});

const ownerRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/owners/$owner",
  validateSearch: readOwnerSearch,
  component: lazyRouteComponent(() => import("./owner/OwnerPage.tsx"), "OwnerPage"),
});

const actionsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/actions",
  validateSearch: readActionSearch,
  component: lazyRouteComponent(() => import("./actions/ActionsPage.tsx"), "ActionsPage"),
});

const eventTypesRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/event-types",
  validateSearch: readTypesSearch,
  component: lazyRouteComponent(() => import("./event-types/EventTypesPage.tsx"), "EventTypesPage"),
});

const storageRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/storage",
  component: lazyRouteComponent(() => import("./StoragePage.tsx"), "StoragePage"),
});

const auditLogRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/audit-log",
  component: lazyRouteComponent(() => import("./AuditLogPage.tsx"), "AuditLogPage"),
});

/** The console's router. */
export const router = createRouter({
  routeTree: rootRoute.addChildren([
    nowRoute, searchRoute, ownerRoute, actionsRoute, eventTypesRoute, storageRoute, auditLogRoute,
  ]),
  basepath: "/console",
  defaultPreload: "intent",
  scrollRestoration: true,
  defaultPendingComponent: PendingPage,
  defaultNotFoundComponent: MissingPage,
  defaultErrorComponent: BrokenPage,
});
