// Root fields of plugins that read. Each is null with an error when its plugin does not answer; others go on.
import { hasPermission } from '../../../auth/permissions.ts';
import type { Viewer } from '../../../auth/viewer.ts';
import { builder } from '../../../graphql/builder.ts';
import { readerOf } from '../../../graphql/context.ts';
import { apiError } from '../../../graphql/errors.ts';
import { callContext, withTimeout } from '../../context.ts';
import type { SchemaHost } from '../../host-schema.ts';
import type { LoadedPlugin } from '../../loaded.ts';
import { argumentsReader, describedShape, type Shape } from './arguments.ts';
import { fieldNamed, requireDescription, takeField } from './names.ts';
import { costOf, requireScope, requireTimeout } from './options.ts';
import { type OwnTypes, outputOf, requireValue, shownValue } from './types.ts';
import { checkedValue } from './values.ts';

const TIMEOUT_MS = 5_000;

type Spec = Parameters<SchemaHost<string>['query']>[1];

export function addQuery(plugin: LoadedPlugin, own: OwnTypes, name: string, spec: Spec): void {
  const full = fieldNamed(plugin, name);
  requireDescription(full, spec.description);
  requireValue(own, spec.value, full);
  requireScope(plugin, full, spec.scope);
  requireTimeout(full, spec.timeoutMs);
  if (typeof spec.resolve !== 'function') throw new Error(`${full} needs a function resolve`);
  const cost = costOf(full, spec.cost, spec.value);
  const shape = (spec.args ?? {}) as Shape;
  const args = describedShape(plugin, full, shape);
  takeField(plugin, 'QUERY', 'Query', full);
  const read = argumentsReader(shape);
  const { value, scope, timeoutMs = TIMEOUT_MS } = spec;
  builder.queryField(full, (t) =>
    t.field({
      ...outputOf(own, value, true),
      description: `${spec.description} Needs ${scope}.`,
      args: Object.fromEntries(Object.entries(args).map(([arg, described]) => [arg, t.arg(described as never)])),
      extensions: cost,
      resolve: async (_root: unknown, sent: Record<string, unknown>, ctx: never, info: never) => {
        const { db, viewer } = readerOf(ctx);
        requirePermission(viewer, scope);
        const asked = read(sent);
        const found = await withTimeout(
          plugin,
          timeoutMs,
          async (signal) => {
            const given = await spec.resolve(callContext(plugin, { db, workspaceId: viewer.workspaceId, viewer, signal }), asked);
            return checkedValue(own, value, given, full);
          },
          `Query.${full}`,
        );
        return shownValue(value, found, ctx, info);
      },
    } as never),
  );
}

/** Throws FORBIDDEN unless the caller's role grants the scope. */
export function requirePermission(viewer: Viewer, scope: string): void {
  if (!hasPermission(viewer.role, scope)) throw apiError('FORBIDDEN', `The role lacks the permission ${scope}.`);
}
