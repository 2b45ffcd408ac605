// The live feeds: events, interactionRecorded and customerChanged. One log, one cursor, backfill first and then live.
import type { GraphQLResolveInfo } from 'graphql';
import { type EventRow, encodeCursor, type FeedStep } from '../../events/index.ts';
import { builder } from '../../graphql/builder.ts';
import { type Context, readerOf, viewerOf } from '../../graphql/context.ts';
import { apiError } from '../../graphql/errors.ts';
import type { FeedEnvelope } from '../../graphql/feed-envelope.ts';
import { filterRef } from '../../graphql/filter-inputs.ts';
import { decodeId } from '../../graphql/ids.ts';
import { entityRow } from '../../graphql/planned.ts';
import { refOf } from '../../graphql/refs.ts';
import { canonical } from '../../query/cursor.ts';
import type { Entity } from '../../query/entity.ts';
import { compileFilter, type FilterInput } from '../../query/filter.ts';
import { requireRead } from '../../query/policy.ts';
import { seesRows } from '../../query/rows.ts';
import { customer } from '../customers/index.ts';
import { interaction } from '../interactions/index.ts';
import { EventRef } from './events.schema.ts';
import { type EventsArgs, eventCursor, eventFilter, requireEvents, toApiError } from './events-args.ts';
import { onlyVisible } from './visible-live.ts';

type CaughtUp = { kind: 'caughtUp'; cursor: string };
type Lagged = { kind: 'lagged'; cursor: string; behind: number };
type FeedItem = EventRow | CaughtUp | Lagged;

const CaughtUpRef = builder.objectRef<CaughtUp>('FeedCaughtUp').implement({
  description: 'Everything that was in the log has been sent: what follows is live.',
  isTypeOf: (item) => (item as { kind?: string }).kind === 'caughtUp',
  fields: (t) => ({ cursor: t.exposeString('cursor', { description: 'Where the feed stands.' }) }),
});

const LaggedRef = builder.objectRef<Lagged>('FeedLagged').implement({
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

/** A generator that ends at once when the subscriber leaves, also while it waits for the next event. */
function endable<T>(make: (signal: AbortSignal) => AsyncGenerator<T>): AsyncGenerator<T> {
  const leaving = new AbortController();
  const generator = make(leaving.signal);
  return {
    next: () => generator.next(),
    return(value) {
      leaving.abort();
      return generator.return(value);
    },
    throw(error) {
      leaving.abort();
      return generator.throw(error);
    },
    [Symbol.asyncIterator]() {
      return this;
    },
    async [Symbol.asyncDispose]() {
      await this.return(undefined);
    },
  };
}

async function* follow(ctx: Context, args: EventsArgs, more: object, signal: AbortSignal): AsyncGenerator<FeedStep> {
  const viewer = viewerOf(ctx);
  const after = eventCursor(args.after);
  const filter = { ...eventFilter(viewer, args), ...more };
  try {
    for await (const step of ctx.hub.follow({ ...filter, signal, ...(after === undefined ? {} : { after }) })) yield step;
  } catch (error) {
    throw toApiError(error);
  }
}

/** Live subscribers get an event at the same moment; one that reads old events must not be given what another saw then. */
function shared(phase: 'BACKFILL' | 'LIVE', event: EventRow): { share?: string } {
  return phase === 'LIVE' ? { share: String(event.seq) } : {};
}

async function* eventFeed(ctx: Context, args: EventsArgs, signal: AbortSignal): AsyncGenerator<FeedEnvelope> {
  const reader = readerOf(ctx);
  for await (const step of follow(ctx, args, {}, signal)) {
    if (step.kind === 'caughtUp') yield { root: { kind: 'caughtUp', cursor: encodeCursor(step.cursor) } };
    else if (step.kind === 'lagged') yield { root: { kind: 'lagged', cursor: encodeCursor(step.cursor), behind: step.behind } };
    else for (const event of await onlyVisible(reader, step.events)) yield { root: event, ...shared(step.phase, event) };
  }
}

/** A feed of one entity: for each event the id of its row, where `sees` says that the subscriber is told of it. */
async function* entityFeed(
  ctx: Context,
  after: string | null | undefined,
  more: object,
  signal: AbortSignal,
  idOf: (event: EventRow) => string,
  sees: (ids: string[]) => Promise<boolean[]>,
): AsyncGenerator<FeedEnvelope> {
  let lagged = false;
  for await (const step of follow(ctx, { after: after ?? null }, more, signal)) {
    if (step.kind === 'lagged') lagged = true;
    if (step.kind !== 'events') continue;
    const seen = await sees(step.events.map(idOf));
    for (const [i, event] of step.events.entries()) {
      if (!seen[i]) continue;
      yield {
        root: { id: idOf(event) },
        feed: { cursor: encodeCursor(event.seq), phase: step.phase, lagged },
        ...shared(step.phase, event),
      };
      lagged = false;
    }
  }
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
    subscribe: (_root, args, ctx) => {
      requireEvents(viewerOf(ctx));
      return endable((signal) => eventFeed(ctx, args as EventsArgs, signal)) as never;
    },
    resolve: (item) => item as unknown as FeedItem as never,
  }),
  interactionRecorded: t.field({
    type: refOf('Interaction'),
    description: 'Each interaction as it is recorded. `extensions.feed` carries cursor, phase and whether the receiver lagged.',
    args: {
      after: t.arg.string({ description: 'Cursor of the last interaction seen.' }),
      filter: t.arg({ type: filterRef(interaction) as never, description: 'Only those that fit, as they are when they are sent.' }),
    },
    subscribe: (_root, args, ctx) => {
      const reader = readerOf(ctx);
      const { viewer, db } = reader;
      requireRead(viewer, interaction);
      const where = args.filter ? compileFilter(viewer, interaction, args.filter as FilterInput, 't') : undefined;
      // Subscribers of equal policy and filter share the read of an event's row.
      const share = `feed:Interaction:${canonical(args.filter ?? null)}`;
      const load = (ids: readonly string[]) => seesRows(db, viewer, interaction, ids, where);
      const sees = (ids: string[]) => Promise.all(ids.map((id) => reader.batch(share, id, load)));
      const types = ['interaction.recorded'];
      return endable((signal) => entityFeed(ctx, args.after, { types }, signal, (event) => event.subjectId, sees)) as never;
    },
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
    subscribe: (_root, args, ctx) => {
      requireRead(viewerOf(ctx), customer);
      const id = decodeId(String(args.id), 'Customer');
      const reader = readerOf(ctx);
      const load = (ids: readonly string[]) => seesRows(reader.db, reader.viewer, customer, ids);
      const sees = (ids: string[]) => Promise.all(ids.map((one) => reader.batch('feed:Customer', one, load)));
      return endable((signal) => entityFeed(ctx, args.after, { customerId: id }, signal, () => id, sees)) as never;
    },
    resolve: (root, _args, ctx, info) => told(ctx, info, customer, root),
  }),
}));
