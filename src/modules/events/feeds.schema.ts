// The live feeds: events, interactionRecorded and customerChanged. One log, one cursor, backfill first and then live.
import type { GraphQLResolveInfo } from 'graphql';
import type { EventRow } from '../../events/index.ts';
import { builder } from '../../graphql/builder.ts';
import type { Context } from '../../graphql/context.ts';
import { apiError } from '../../graphql/errors.ts';
import { feed, type Milestone } from '../../graphql/feed-field.ts';
import { filterRef } from '../../graphql/filter-inputs.ts';
import { decodeId } from '../../graphql/ids.ts';
import { entityRow } from '../../graphql/planned.ts';
import { refOf } from '../../graphql/refs.ts';
import { canonical } from '../../query/cursor.ts';
import type { Entity } from '../../query/entity.ts';
import { compileFilter, type FilterInput } from '../../query/filter.ts';
import { requireRead } from '../../query/policy.ts';
import type { Reader } from '../../query/reader.ts';
import { seesRows } from '../../query/rows.ts';
import { customer } from '../customers/index.ts';
import { interaction } from '../interactions/index.ts';
import { EventRef } from './events.schema.ts';
import { type EventsArgs, eventFilter, requireEvents } from './events-args.ts';
import { onlyVisible } from './visible-live.ts';

type Of<K extends Milestone['kind']> = Extract<Milestone, { kind: K }>;

const CaughtUpRef = builder.objectRef<Of<'caughtUp'>>('FeedCaughtUp').implement({
  description: 'Everything that was in the log has been sent: what follows is live.',
  isTypeOf: (item) => (item as { kind?: string }).kind === 'caughtUp',
  fields: (t) => ({ cursor: t.exposeString('cursor', { description: 'Where the feed stands.' }) }),
});

const LaggedRef = builder.objectRef<Of<'lagged'>>('FeedLagged').implement({
  description: 'The receiver was too slow: the feed reads from the log again until it has caught up. Nothing is missed.',
  isTypeOf: (item) => (item as { kind?: string }).kind === 'lagged',
  fields: (t) => ({
    cursor: t.exposeString('cursor', { description: 'Where the feed stands.' }),
    behind: t.exposeInt('behind', { description: 'How many events of the whole log it is behind.' }),
  }),
});

const EventFeedItemRef = builder.unionType('EventFeedItem', {
  description: 'What the event feed sends.',
  types: [EventRef, CaughtUpRef, LaggedRef],
});

/** For each event the id of a row, where the subscriber sees that row and it fits `where`. Subscribers of equal policy and `share` share the look. */
async function rowsTold(
  reader: Reader,
  events: EventRow[],
  entity: Entity,
  idOf: (event: EventRow) => string,
  share: string,
  load: (ids: readonly string[]) => Promise<boolean[]>,
): Promise<({ id: string } | null)[]> {
  const seen = await Promise.all(events.map((event) => reader.batch(`feed:${entity.name}:${share}`, idOf(event), load)));
  return events.map((event, i) => (seen[i] ? { id: idOf(event) } : null));
}

/** The row that an event told of, as it is now. */
async function told(ctx: Context, info: GraphQLResolveInfo, entity: Entity, root: unknown): Promise<never> {
  const row = await entityRow(ctx, info, entity, (root as { id: string }).id);
  if (!row) throw apiError('FORBIDDEN', `The ${entity.name} went out of sight since the event.`);
  return row;
}

builder.subscriptionFields((t) => ({
  events: t.field({
    type: EventFeedItemRef,
    description:
      'The event log: what is there after `after`, FeedCaughtUp, then live. Without `after` it begins at the end. Needs events:read.',
    args: {
      after: t.arg.string({ description: 'Cursor of the last event seen.' }),
      types: t.arg.stringList({ description: 'Only these types.' }),
      subjectId: t.arg.id({ description: 'Only events of this thing; a customer’s id gives everything about the customer.' }),
    },
    ...feed<EventsArgs>(
      (viewer, args) => {
        requireEvents(viewer);
        return {
          filter: eventFilter(viewer, args),
          async select(reader, events) {
            const visible = new Set((await onlyVisible(reader, events)).map((event) => event.seq));
            return events.map((event) => (visible.has(event.seq) ? event : null));
          },
        };
      },
      { milestones: true },
    ),
    resolve: (item) => item as never,
  }),
  interactionRecorded: t.field({
    type: refOf('Interaction'),
    description: 'Each interaction as it is recorded. `extensions.feed` carries cursor, phase and whether the receiver lagged.',
    args: {
      after: t.arg.string({ description: 'Cursor of the last interaction seen.' }),
      filter: t.arg({ type: filterRef(interaction) as never, description: 'Only those that fit, as they are when they are sent.' }),
    },
    ...feed<{ after?: string | null; filter?: FilterInput | null }>((viewer, args) => {
      requireRead(viewer, interaction);
      const where = args.filter ? compileFilter(viewer, interaction, args.filter, 't') : undefined;
      return {
        filter: { workspaceId: viewer.workspaceId, types: ['interaction.recorded'] },
        select: (reader, events) =>
          rowsTold(
            reader,
            events,
            interaction,
            (event) => event.subjectId,
            canonical(args.filter ?? null),
            (ids) => seesRows(reader.db, reader.viewer, interaction, ids, where),
          ),
      };
    }),
    resolve: (root, _args, ctx, info) => told(ctx, info, interaction, root),
  }),
  customerChanged: t.field({
    type: refOf('Customer'),
    description:
      'A customer, each time something about it changed, as it is when it is sent. `extensions.feed` carries cursor, phase and lag.',
    args: {
      after: t.arg.string({ description: 'Cursor of the last change seen.' }),
      id: t.arg.id({ required: true, description: 'The customer.' }),
    },
    ...feed<{ after?: string | null; id: string }>((viewer, args) => {
      requireRead(viewer, customer);
      const id = decodeId(String(args.id), 'Customer');
      return {
        filter: { workspaceId: viewer.workspaceId, customerId: id },
        select: (reader, events) =>
          rowsTold(
            reader,
            events,
            customer,
            () => id,
            '',
            (ids) => seesRows(reader.db, reader.viewer, customer, ids),
          ),
      };
    }),
    resolve: (root, _args, ctx, info) => told(ctx, info, customer, root),
  }),
}));
