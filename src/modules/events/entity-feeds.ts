// Typed subscriptions: from which events tell of an entity to a field that answers its rows as they are when sent.
import type { GraphQLResolveInfo } from 'graphql';
import type { Sql } from 'sql-template-tag';
import type { Viewer } from '../../auth/viewer.ts';
import type { EventFilter, EventRow } from '../../events/index.ts';
import { builder } from '../../graphql/builder.ts';
import type { Context } from '../../graphql/context.ts';
import { type FeedEvent, rowGone } from '../../graphql/feed-envelope.ts';
import { feed } from '../../graphql/feed-field.ts';
import { filterRef } from '../../graphql/filter-inputs.ts';
import { entityRow } from '../../graphql/planned.ts';
import { refOf } from '../../graphql/refs.ts';
import { encodeTypeId } from '../../lib/typeid.ts';
import { canonical } from '../../query/cursor.ts';
import type { Entity } from '../../query/entity.ts';
import { compileFilter, type FilterInput } from '../../query/filter.ts';
import { cutsRows, mayRead, requireRead } from '../../query/policy.ts';
import type { Reader } from '../../query/reader.ts';
import { seesRows } from '../../query/rows.ts';
import { allOf } from '../../query/sql.ts';
import { requireKnownFields } from './changed.ts';
import { CHANGED, changesOf, NOT_ORIGINS } from './events-args.ts';
import { changedFields, subjectEntity } from './present.ts';

type Args = { after?: string | null; filter?: FilterInput | null; changed?: string[] | null; notOrigins?: string[] | null };
// biome-ignore lint/suspicious/noExplicitAny: the builder's argument helper has a type of its own for each schema
type ArgBuilder = any;

export type EntityFeed<More extends object = object> = {
  /** Of the subscription field. */
  name: string;
  /** What it answers; the subject of its events unless `follows` says otherwise. */
  entity: Entity;
  /** The types of its events. */
  types?: readonly string[];
  description: string;
  /** Whether the events are changes, so that `changed` makes sense. */
  changes?: boolean;
  /** Further arguments. */
  args?: (arg: ArgBuilder) => Record<string, unknown>;
  /** What further arguments ask of the row (alias `t`). */
  where?: (viewer: Viewer, args: More) => Sql | null;
  /** For feeds whose rows are not the subjects of their events: which events, and of which row each tells. */
  follows?: (args: More) => { filter: Omit<EventFilter, 'workspaceId'>; idOf: (event: EventRow) => string };
  /** False for a feed of one row, which takes no filter. */
  filter?: boolean;
};

/** Adds a typed subscription to the schema. */
export function entityFeed<More extends object = object>(spec: EntityFeed<More>): void {
  const { name, entity, filter: filters = true } = spec;
  builder.subscriptionFields((t) => {
    const given: Record<string, unknown> = {
      after: t.arg.string({ description: 'Cursor of the last one seen: what came after it is sent first. Without, it begins now.' }),
      ...spec.args?.(t.arg),
      ...(filters && {
        filter: t.arg({ type: filterRef(entity) as never, description: 'Only those that fit, as they are when they are sent.' }),
      }),
      ...(spec.changes && { changed: t.arg.stringList({ description: CHANGED }) }),
      notOrigins: t.arg.stringList({ description: NOT_ORIGINS }),
    };
    return {
      [name]: t.field({
        type: refOf(entity.name),
        description: `${spec.description} \`extensions.feed\` carries cursor, phase, lag and the event.`,
        args: given as never,
        ...feed<Args>((viewer, args) => open(spec, viewer, args as Args & More)),
        resolve: (root: unknown, _args: unknown, ctx: Context, info: GraphQLResolveInfo) => told(ctx, info, entity, root),
      } as never),
    };
  });
}

function open<More extends object>(spec: EntityFeed<More>, viewer: Viewer, args: Args & More) {
  const { entity, types } = spec;
  requireRead(viewer, entity);
  const changes = changesOf(args);
  requireKnownFields(viewer, args.changed, spec.follows ? undefined : [entity]);
  const { filter, idOf } = spec.follows?.(args) ?? { filter: {}, idOf: (event: EventRow) => event.subjectId };
  const conditions = [args.filter ? compileFilter(viewer, entity, args.filter, 't') : null, spec.where?.(viewer, args) ?? null];
  const where = conditions.some(Boolean) ? allOf(conditions) : undefined;
  const { after: _, changed: __, notOrigins: ___, ...asked } = args;
  const share = `feed:${spec.name}:${canonical(asked)}`;
  const load = (reader: Reader) => (ids: readonly string[]) => seesRows(reader.db, reader.viewer, entity, ids, where);
  return {
    filter: { workspaceId: viewer.workspaceId, ...(types && { types }), ...filter, ...changes },
    // Subscribers of equal policy and arguments share the look at the rows.
    async select(reader: Reader, events: EventRow[]) {
      const seen = await Promise.all(events.map((event) => reader.batch(share, idOf(event), load(reader))));
      return events.map((event, i) => (seen[i] && showsChange(reader.viewer, event, args.changed) ? { id: idOf(event) } : null));
    },
    tell: (reader: Viewer, event: EventRow) => tell(reader, entity, event),
  };
}

/** Whether the event changed one of the fields as far as the viewer is shown them. */
export function showsChange(viewer: Viewer, event: EventRow, changed: readonly string[] | null | undefined): boolean {
  return !changed || changedFields(viewer, event).some((name) => changed.includes(name));
}

/** A feed may tell a thing's change by the event of another: of that its receiver learns only what its role lets it read. */
function tell(viewer: Viewer, entity: Entity, event: EventRow): FeedEvent | null {
  const subject = subjectEntity(event);
  if (subject !== entity && (!subject || !mayRead(viewer, subject) || cutsRows(viewer, subject))) return null;
  return { id: encodeTypeId('event', event.id), type: event.type, origin: event.origin, changed: changedFields(viewer, event) };
}

/** The row that an event told of, as it is now. */
async function told(ctx: Context, info: GraphQLResolveInfo, entity: Entity, root: unknown): Promise<never> {
  const row = await entityRow(ctx, info, entity, (root as { id: string }).id);
  if (!row) throw rowGone(entity.name);
  return row;
}
