// The bodies of deliveries: what a webhook's document answers for events, as its credential sees them at this moment.
import { type ExecutionResult, execute, type GraphQLError } from 'graphql';
import type { Viewer } from '../../auth/viewer.ts';
import type { Queryable, Statement } from '../../db/database.ts';
import type { WebhookRow } from '../../db/models.ts';
import type { EventRow } from '../../events/index.ts';
import type { Context } from '../../graphql/context.ts';
import { apiError, isApiError } from '../../graphql/errors.ts';
import { isRowGone } from '../../graphql/feed-envelope.ts';
import { createReader, type Reader } from '../../query/reader.ts';
import { type OpenedWebhook, openSubscription } from './document.ts';
import { presentEvent } from './present.ts';

export type Rendered = { event: EventRow; body: string };

export type RenderOptions = {
  /** Told of errors that are bugs; the body only says that there was one. */
  onBug?: (error: unknown) => void;
  /** In place of the event's type and time. */
  as?: { type: string; timestamp: Date };
};

/** Longer bodies are sent without their data, with an error in its place. */
export const MOST_BODY = 256_000;

/** So many events at once are worth plans of their own: a kept plan may be of a time when the tables were small. */
const MANY = 20;

/** Opens a webhook's subscription for its credential. Throws UserErrors where it cannot be followed any more. */
export function openWebhook(viewer: Viewer, webhook: Pick<WebhookRow, 'document' | 'variables'>): OpenedWebhook {
  return openSubscription(viewer, { document: webhook.document, variables: webhook.variables as Record<string, unknown> });
}

/**
 * The bodies for a batch of events, in its order; null for those that the receiver is not told of. All are executed
 * together, so that a batch takes about as many statements as one event. Throws what `openWebhook` throws.
 */
export async function renderEvents(
  db: Queryable,
  webhook: Pick<WebhookRow, 'document' | 'variables' | 'ignoreOrigins'>,
  viewer: Viewer,
  events: EventRow[],
  options: RenderOptions = {},
): Promise<(Rendered | null)[]> {
  const opened = openWebhook(viewer, webhook);
  const reader = readerOfBatch(db, viewer, events.length);
  const ignored = new Set(webhook.ignoreOrigins);
  const told = events.filter((event) => event.origin === null || !ignored.has(event.origin));
  const roots = await opened.select(reader, told);
  const bodies = await Promise.all(
    told.map(async (event, i) => {
      const body = roots[i] ? await bodyOf(opened, reader, event, roots[i], options) : null;
      return body === null ? null : { event, body };
    }),
  );
  const bySeq = new Map(told.map((event, i) => [event.seq, bodies[i] ?? null]));
  return events.map((event) => bySeq.get(event.seq) ?? null);
}

/** A test's body where no event of the log fits. */
export function emptyBody(type: string, timestamp: Date): string {
  return JSON.stringify({ type, timestamp, event: null, data: null });
}

// Executions of one document with equal variables ask alike, though graphql-js coerces the variables anew for each: their
// reads of rows are one batch.
function readerOfBatch(db: Queryable, viewer: Viewer, size: number): Reader {
  const calm = 'pool' in db ? db : oneByOne(db);
  const reader = createReader(size < MANY ? calm : planned(calm), viewer);
  return { ...reader, batch: (name, key, load) => reader.batch(name.replace(/^(rows:\d+):\d+$/, '$1'), key, load) };
}

/** A connection keeps the plans of prepared statements; here each is planned for the tables as they are now. Plugins read through `base`. */
function planned(db: Queryable): Queryable & { base: Queryable } {
  return { base: db, query: ({ text, values }) => db.query({ text, values }), execute: (statement) => db.execute(statement) };
}

const serial = new WeakSet<Queryable>();

/** A transaction has one connection, which takes one statement after the other. It stays a transaction: fields of plugins read in it. */
function oneByOne(tx: Queryable): Queryable {
  if (serial.has(tx)) return tx;
  serial.add(tx);
  const { query, execute } = tx;
  let last: Promise<unknown> = Promise.resolve();
  const after = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = last.then(work);
    last = mine.catch(() => undefined);
    return mine;
  };
  tx.query = <R>(statement: Statement) => after(() => query<R>(statement));
  tx.execute = (statement) => after(() => execute(statement));
  return tx;
}

/** Null where what the event is about went out of sight since the feed chose it. */
async function bodyOf(
  opened: OpenedWebhook,
  reader: Reader,
  event: EventRow,
  root: unknown,
  options: RenderOptions,
): Promise<string | null> {
  const { type, ...about } = presentEvent(reader.viewer, event, opened.tell);
  const { type: named = type, timestamp = event.occurredAt } = options.as ?? {};
  const head = { type: named, timestamp, event: about };
  const { data = null, errors } = await run(opened, reader, root);
  if (isRowGone(errors)) return null;
  const told = errors && errors.length > 0 ? { errors: errors.map((error) => presentError(error, options)) } : {};
  const body = JSON.stringify({ ...head, data, ...told });
  if (body.length <= MOST_BODY) return body;
  const limit = { limit: 'webhookBody', value: body.length, maximum: MOST_BODY };
  const error = apiError('COST_EXCEEDED', `The answer has more than ${MOST_BODY} characters: select less.`, limit);
  return JSON.stringify({ ...head, data: null, errors: [presentError(error, options)] });
}

async function run({ schema, document, variables }: OpenedWebhook, reader: Reader, rootValue: unknown): Promise<ExecutionResult> {
  const contextValue = { viewer: reader.viewer, reader, db: reader.db, requestId: '' } as Partial<Context> as Context;
  return execute({ schema, document, variableValues: variables, rootValue, contextValue });
}

function presentError(error: GraphQLError, { onBug }: RenderOptions) {
  const place = error.path ? { path: error.path } : {};
  if (isApiError(error) && error.extensions.code !== 'INTERNAL_SERVER_ERROR') {
    const { http: _http, stacktrace: _stacktrace, ...extensions } = error.extensions;
    return { message: error.message, ...place, extensions };
  }
  onBug?.(error.originalError ?? error);
  return { message: 'Something went wrong here.', ...place, extensions: { code: 'INTERNAL_SERVER_ERROR' } };
}
