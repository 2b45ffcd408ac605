// The capability `http`: routes below /plugins/<id>/.
import type { HttpHost } from '../host.ts';
import { addRoute } from '../http-routes.ts';
import type { PartMaker } from '../loaded.ts';

export const httpPart: PartMaker<HttpHost> = (plugin) => ({
  route(method, path, handlers) {
    const route = addRoute(plugin, method, path, handlers);
    plugin.added.push({ kind: 'ROUTE', name: `${route.method} ${route.path}` });
  },
});
