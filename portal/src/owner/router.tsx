// The pages of the portal and their paths.

import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from "@tanstack/react-router";

import { BrokenPage, PendingPage } from "../shared/components/FallbackPages.tsx";
import { MissingPage } from "./MissingPage.tsx";
import { readEndpointSearch, readEndpointsSearch, readEventsSearch } from "./search.ts";
import { Shell } from "./Shell.tsx";

const rootRoute = createRootRoute({ component: Shell });

const endpointsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/",
  validateSearch: readEndpointsSearch,
  component: lazyRouteComponent(() => import("./endpoints/EndpointsPage.tsx"), "EndpointsPage"),
});

const newEndpointRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/endpoints/new",
  component: lazyRouteComponent(() => import("./endpoint-form/NewEndpointPage.tsx"), "NewEndpointPage"),
});

const endpointRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/endpoints/$endpointId",
  validateSearch: readEndpointSearch,
  component: lazyRouteComponent(() => import("./endpoint/EndpointPage.tsx"), "EndpointPage"),
});

const editEndpointRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/endpoints/$endpointId/edit",
  component: lazyRouteComponent(() => import("./endpoint-form/EditEndpointPage.tsx"), "EditEndpointPage"),
});

const deliveryRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/endpoints/$endpointId/deliveries/$deliveryId",
  component: lazyRouteComponent(() => import("./delivery/DeliveryPage.tsx"), "DeliveryPage"),
});

const eventsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/events",
  validateSearch: readEventsSearch,
  component: lazyRouteComponent(() => import("./events/EventsPage.tsx"), "EventsPage"),
});

const eventRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/events/$eventId",
  component: lazyRouteComponent(() => import("./events/EventPage.tsx"), "EventPage"),
});

const replaysRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/replays",
  component: lazyRouteComponent(() => import("./replays/ReplaysPage.tsx"), "ReplaysPage"),
});

const eventTypesRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/event-types",
  component: lazyRouteComponent(() => import("./event-types/EventTypesPage.tsx"), "EventTypesPage"),
});

const apiKeysRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/api-keys",
  component: lazyRouteComponent(() => import("./api-keys/ApiKeysPage.tsx"), "ApiKeysPage"),
});

/** The portal's router. */
export const router = createRouter({
  routeTree: rootRoute.addChildren([
    endpointsRoute, newEndpointRoute, endpointRoute, editEndpointRoute, deliveryRoute, eventsRoute, eventRoute,
    replaysRoute, eventTypesRoute, apiKeysRoute,
  ]),
  basepath: "/portal",
  defaultPreload: "intent",
  scrollRestoration: true,
  defaultPendingComponent: PendingPage,
  defaultNotFoundComponent: MissingPage,
  defaultErrorComponent: BrokenPage,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
