// Every address of the dashboard, with what its query may hold. Views are loaded when they are first opened.
import type { QueryClient } from "@tanstack/react-query";
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  stripSearchParams,
} from "@tanstack/react-router";
import { RouteFailure } from "./parts/Failure";
import { Loading } from "./parts/Loading";
import { NotFound } from "./shell/NotFound";
import { Shell } from "./shell/Shell";
import { compareDefaults, compareSearch } from "./views/compare/search";
import { itemDefaults, itemSearch } from "./views/item/search";
import { loadItem, loadRun, loadRuns, loadStep } from "./views/load";
import { runDefaults, runSearch } from "./views/run/search";
import { runsDefaults, runsSearch } from "./views/runs/search";
import { stepDefaults, stepSearch } from "./views/step/search";
import { functionDefaults, functionSearch, stepsDefaults, stepsSearch } from "./views/steps/search";

const root = createRootRouteWithContext<{ queryClient: QueryClient }>()({
  component: Shell,
  notFoundComponent: NotFound,
});

const runs = createRoute({
  getParentRoute: () => root,
  path: "/",
  validateSearch: runsSearch,
  search: { middlewares: [stripSearchParams(runsDefaults)] },
  loaderDeps: ({ search }) => search,
  loader: ({ context, deps, preload }) => preload || loadRuns(context.queryClient, deps),
  component: lazyRouteComponent(() => import("./views/runs/Runs"), "Runs"),
});

const run = createRoute({
  getParentRoute: () => root,
  path: "/runs/$run",
  validateSearch: runSearch,
  search: { middlewares: [stripSearchParams(runDefaults)] },
  loader: ({ context, params, preload }) => preload || loadRun(context.queryClient, params.run),
  component: lazyRouteComponent(() => import("./views/run/Run"), "Run"),
});

const step = createRoute({
  getParentRoute: () => root,
  path: "/runs/$run/steps/$step",
  validateSearch: stepSearch,
  search: { middlewares: [stripSearchParams(stepDefaults)] },
  loader: ({ context, params, preload, location }) =>
    preload || loadStep(context.queryClient, params.run, params.step, stepSearch(location.search)),
  component: lazyRouteComponent(() => import("./views/step/Step"), "Step"),
});

const item = createRoute({
  getParentRoute: () => root,
  path: "/items/$item",
  validateSearch: itemSearch,
  search: { middlewares: [stripSearchParams(itemDefaults)] },
  loader: ({ context, params, preload }) => preload || loadItem(context.queryClient, params.item),
  component: lazyRouteComponent(() => import("./views/item/Item"), "Item"),
});

const compare = createRoute({
  getParentRoute: () => root,
  path: "/compare",
  validateSearch: compareSearch,
  search: { middlewares: [stripSearchParams(compareDefaults)] },
  component: lazyRouteComponent(() => import("./views/compare/Compare"), "Compare"),
});

const steps = createRoute({
  getParentRoute: () => root,
  path: "/steps",
  validateSearch: stepsSearch,
  search: { middlewares: [stripSearchParams(stepsDefaults)] },
  component: lazyRouteComponent(() => import("./views/steps/Steps"), "Steps"),
});

const fn = createRoute({
  getParentRoute: () => root,
  path: "/steps/$name",
  validateSearch: functionSearch,
  search: { middlewares: [stripSearchParams(functionDefaults)] },
  component: lazyRouteComponent(() => import("./views/steps/FunctionSteps"), "FunctionSteps"),
});

const routeTree = root.addChildren([runs, run, step, item, compare, steps, fn]);

export const createAppRouter = (queryClient: QueryClient) =>
  createRouter({
    routeTree,
    context: { queryClient },
    defaultPreload: "intent",
    // Loaders only get a new view its data sooner; the view itself keeps them fresh.
    defaultStaleTime: Number.POSITIVE_INFINITY,
    defaultPendingComponent: Loading,
    defaultErrorComponent: RouteFailure,
    scrollRestoration: true,
  });

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof createAppRouter>;
  }
}
