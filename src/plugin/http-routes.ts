// The HTTP routes of plugins, by plugin: what their setup registered, for the server to mount.
import type { HttpHost } from './host.ts';
import type { LoadedPlugin } from './loaded.ts';

export type RouteMethod = Parameters<HttpHost['route']>[0];
export type RouteHandlers = Parameters<HttpHost['route']>[2];

export type PluginRoute = {
  plugin: LoadedPlugin;
  method: RouteMethod;
  /** From the server's root: `/plugins/loyalty/orders/:id`. */
  path: string;
  bodyLimit: number;
  handlers: RouteHandlers;
};

export const BODY_LIMIT = 1_000_000;
const MOST_BODY = 25_000_000;
const methods: readonly string[] = ['GET', 'POST', 'PUT', 'DELETE'];
const pathPattern = /^(?:[a-z0-9._-]+|:[a-z][a-zA-Z0-9]*)(?:\/(?:[a-z0-9._-]+|:[a-z][a-zA-Z0-9]*))*$/;

const routes = new Map<string, PluginRoute>();

/** Adds a route; throws where its path cannot be one, or answers something already. */
export function addRoute(plugin: LoadedPlugin, method: RouteMethod, path: string, handlers: RouteHandlers): PluginRoute {
  const named = `${method} ${String(path).slice(0, 100)}`;
  if (!methods.includes(method)) throw new Error(`the route ${named}: the method must be one of ${methods.join(', ')}`);
  if (!pathPattern.test(path) || path.split('/').some((part) => /^\.+$/.test(part))) {
    throw new Error(`the route ${named}: a path is words of lower case joined by "/", such as hook or orders/:id`);
  }
  const bodyLimit = handlers.bodyLimit ?? BODY_LIMIT;
  if (!Number.isInteger(bodyLimit) || bodyLimit < 0 || bodyLimit > MOST_BODY) {
    throw new Error(`the route ${named}: bodyLimit must be a whole number up to ${MOST_BODY}`);
  }
  if (typeof handlers.verify !== 'function' || typeof handlers.handle !== 'function') {
    throw new Error(`the route ${named} needs both verify and handle`);
  }
  // `orders/:id` and `orders/:key` are the same place.
  const key = `${plugin.id} ${method} ${path.replaceAll(/:[^/]+/g, ':')}`;
  if (routes.has(key)) throw new Error(`the route ${named} is defined twice`);
  const route = { plugin, method, path: `/plugins/${plugin.id}/${path}`, bodyLimit, handlers };
  routes.set(key, route);
  return route;
}

/** All routes, in the order of their definition. */
export function pluginRoutes(): PluginRoute[] {
  return [...routes.values()];
}
