// Links and routes with the types of the console's router. Without them, the library takes those of the router that is
// registered, which is the portal's.

import {
  getRouteApi, Link as AnyLink, useNavigate, type LinkComponentProps, type NavigateOptions, type RouteById,
  type RouteIds,
} from "@tanstack/react-router";
import type { ReactElement } from "react";

import type { router } from "./router.tsx";

type Router = typeof router;
type Tree = Router["routeTree"];

interface PageRoute<Id extends RouteIds<Tree>> {
  useSearch: () => RouteById<Tree, Id>["types"]["fullSearchSchema"];
  useParams: () => RouteById<Tree, Id>["types"]["allParams"];
}

type ConsoleLink = <const To extends string | undefined = undefined, const From extends string = string>(
  props: LinkComponentProps<"a", Router, From, To, From, "">,
) => ReactElement;

type Go = <const To extends string | undefined, const From extends string = string>(
  options: NavigateOptions<Router, From, To>,
) => Promise<void>;

/** A link to a page of the console. */
export const Link = AnyLink as unknown as ConsoleLink;

/** Goes to a page of the console. */
export const useGo = useNavigate as unknown as () => Go;

/** What a page reads of its route. */
export const routeOf = <const Id extends RouteIds<Tree>>(id: Id) =>
  getRouteApi(id as never) as unknown as PageRoute<Id>;
