// Fields of plugins on core types. The page is read by the core as ever; then one call of `load` for all its records.
import { hasPermission } from '../../../auth/permissions.ts';
import { builder } from '../../../graphql/builder.ts';
import { readerOf } from '../../../graphql/context.ts';
import { fromColumns } from '../../../graphql/planned.ts';
import { refOf } from '../../../graphql/refs.ts';
import { meant } from '../../../lib/nearest.ts';
import { canonical } from '../../../query/cursor.ts';
import { allEntities, type Entity } from '../../../query/entity.ts';
import type { Reader } from '../../../query/reader.ts';
import { callContext, withTimeout } from '../../context.ts';
import type { SchemaHost } from '../../host-schema.ts';
import type { LoadedPlugin } from '../../loaded.ts';
import type { Value } from '../../values.ts';
import { argumentsReader, describedShape, type Shape } from './arguments.ts';
import { askedIn, oncePerRequest, operationOf, unavailable } from './failing.ts';
import { fieldNamed, requireDescription, takeField } from './names.ts';
import { costOf, requireScope, requireTimeout } from './options.ts';
import { type OwnTypes, outputOf, requireValue, shownEntity, shownValue } from './types.ts';
import { checkedValue, newRoom, type Room } from './values.ts';

const TIMEOUT_MS = 1_000;

type Spec = Parameters<SchemaHost<string>['field']>[2];

export function addField(plugin: LoadedPlugin, own: OwnTypes, type: string, name: string, spec: Spec): void {
  const entity = shownEntity(type);
  if (!entity)
    throw new Error(
      `the core has no type ${String(type).slice(0, 60)} that fields can be added to${meant(
        type,
        allEntities().map(({ name }) => name),
      )}`,
    );
  const full = fieldNamed(plugin, name);
  const place = `${type}.${full}`;
  requireDescription(place, spec.description);
  requireValue(own, spec.value, place);
  requireTimeout(place, spec.timeoutMs);
  if (spec.scope !== undefined) requireScope(plugin, place, spec.scope);
  const cost = costOf(place, spec.cost, spec.value);
  if (typeof spec.load !== 'function') throw new Error(`${place} needs a function load`);
  const shape = (spec.args ?? {}) as Shape;
  const args = describedShape(plugin, place, shape);
  takeField(plugin, 'FIELD', type, full);
  hideable(entity, full);
  const read = argumentsReader(shape);
  const load = loaderOf(plugin, own, place, spec);
  builder.objectFields(refOf(type), (t) => ({
    [full]: t.field({
      ...outputOf(own, spec.value, true),
      description: `${spec.description}${spec.scope ? ` Needs ${spec.scope}, else null.` : ''}`,
      args: Object.fromEntries(Object.entries(args).map(([arg, described]) => [arg, t.arg(described as never)])),
      ...fromColumns<{ id: string }, Record<string, unknown>>(
        ['id'],
        async ({ id }, sent, ctx, info) => {
          const reader = readerOf(ctx);
          if (spec.scope && !hasPermission(reader.viewer.role, spec.scope)) return null;
          const found = await load(operationOf(ctx, info), reader, id, read(sent));
          return shownValue(spec.value, found, ctx, info);
        },
        cost,
      ),
    } as never),
  }));
}

/** Lets roles hide the field like those of the core. */
function hideable(entity: Entity, field: string): void {
  entity.added = [...(entity.added ?? []), field];
}

type Load = (operation: string, reader: Reader, id: string, args: never) => Promise<unknown>;

function loaderOf(plugin: LoadedPlugin, own: OwnTypes, place: string, { load, value, timeoutMs = TIMEOUT_MS }: Spec): Load {
  // A record of which the plugin knows nothing has no value: that is no mistake.
  const optional = { ...value, nullable: true } as Value<unknown>;
  return (operation, reader, id, args) => {
    const name = `plugin:${place}:${canonical(args)}`;
    return reader.batch(name, id, (ids: readonly string[]) =>
      oncePerRequest(askedIn(operation, reader.viewer, name), async () => {
        const { db, viewer } = reader;
        const found = await withTimeout(
          plugin,
          timeoutMs,
          async (signal) => {
            const distinct = [...new Set(ids)];
            const given = await load(callContext(plugin, { db, workspaceId: viewer.workspaceId, viewer, signal }), distinct, args);
            if (!(given instanceof Map)) throw new Error(`load of ${place} gave no Map`);
            return given as Map<string, unknown>;
          },
          place,
        );
        return checkedAll(plugin, place, ids, (one, room) => checkedValue(own, optional, found.get(one), place, room));
      }),
    );
  };
}

/** The values of a batch, with an error in place of each that is none. */
function checkedAll(plugin: LoadedPlugin, place: string, ids: readonly string[], check: (id: string, room: Room) => unknown): unknown[] {
  const room = newRoom();
  let told = false;
  return ids.map((id) => {
    try {
      return check(id, room);
    } catch (error) {
      if (!told) plugin.log.error({ plugin: plugin.id, place, reason: (error as Error).message }, 'a plugin gave what it should not');
      told = true;
      return unavailable(plugin);
    }
  });
}
