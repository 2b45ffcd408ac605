// Makes events of the log into deliveries. The deliveries and the webhook's place in the log are written by one
// statement that compares the place: so every event is taken in once, whoever else tries.
import sql from 'sql-template-tag';
import type { WebhookRow } from '../../../db/models.ts';
import { type EventFilter, type EventRow, indexedPart, lastSeq, matches, readEvents } from '../../../events/index.ts';
import { newId } from '../../../lib/typeid.ts';
import { inTurn } from './in-turn.ts';
import type { Delivery, Lane } from './lane.ts';
import type { Pending } from './queue.ts';

const BATCH = 200;
/** So far behind what was read the stored place may be where nothing is told. */
const FAR = 10_000n;
/** So many characters of bodies are kept in memory for a webhook; more are read again when their turn comes. */
const MEMORY = 2_000_000;

/**
 * `more`: there may be more; `done`: everything was taken in; `changed`: the webhook is not as it was known; `held`: a
 * command has its row, or the bodies are to be made anew; else why it is to be stopped.
 */
export type TookIn = 'more' | 'done' | 'changed' | 'held' | Stopped;
export type Stopped = { problem: 'CREDENTIAL_GONE' | 'DOCUMENT_INVALID'; detail: string };

/** Why a webhook is to be stopped, where its credential or its document is not good any more. */
export async function problemOf({ db, ports }: Delivery, webhook: WebhookRow): Promise<Stopped | null> {
  const viewer = await ports.viewerOf(db, webhook);
  if (!viewer) return GONE;
  try {
    ports.open(viewer, webhook);
    return null;
  } catch (error) {
    return invalid(ports, error);
  }
}

const GONE: Stopped = { problem: 'CREDENTIAL_GONE', detail: 'The credential was withdrawn, has expired or has no role any more.' };

function invalid(ports: Delivery['ports'], error: unknown): Stopped {
  const detail = ports.problemOf(error);
  if (detail === null) throw error;
  return { problem: 'DOCUMENT_INVALID', detail };
}

/** `waits`: for a row that is held, in turn with the commands that want it; else such a row is passed over. */
type Manner = { waits?: boolean };

/** Takes in the next events of a webhook. `onFilter` is told which events it wants. */
export async function takeIn(
  delivery: Delivery,
  lane: Lane,
  onFilter: (filter: EventFilter) => void,
  manner: Manner = {},
): Promise<TookIn> {
  const { db, ports } = delivery;
  const { webhook } = lane;
  const viewer = await ports.viewerOf(db, webhook);
  if (!viewer) return GONE;
  try {
    const { filter, atOnce } = ports.open(viewer, webhook);
    onFilter({ ...filter, workspaceId: webhook.workspaceId });
    const head = await lastSeq(db);
    // What no index serves is told here: a statement must not walk the log in search of a rare change.
    const events = await readEvents(db, { ...indexedPart(filter), workspaceId: webhook.workspaceId, after: lane.place, limit: BATCH });
    // What was read for the document as it was is passed over only for that.
    const isOther = () => lane.webhook.version !== webhook.version;
    if (isOther()) return 'more';
    if (events.length === 0) {
      if (head > lane.place) lane.place = head;
      // Whoever takes over need not look through all that again.
      if (lane.place - webhook.cursor < FAR) return 'done';
      const stored = await store(delivery, lane, webhook, { place: lane.place, rendered: [], head }, manner);
      return stored === 'stored' ? 'done' : stored;
    }
    const matching = events.filter((event) => matches(filter, event));
    const wanted = matching.slice(0, atOnce);
    const rendered = wanted.length === 0 ? [] : (await ports.render(db, webhook, viewer, wanted)).filter((one) => one !== null);
    if (isOther()) return 'more';
    const all = wanted.length === matching.length;
    const place = (all ? events : wanted).at(-1)!.seq;
    lane.unstored += events.length;
    // Where nothing is told, the place is stored now and then only: what was passed over is passed over again.
    if (rendered.length > 0 || lane.unstored >= BATCH) {
      const stored = await store(delivery, lane, webhook, { place, rendered, head }, manner);
      if (stored !== 'stored') return stored;
      lane.unstored = 0;
    }
    lane.place = place;
    return events.length === BATCH || !all ? 'more' : 'done';
  } catch (error) {
    return invalid(ports, error);
  }
}

async function store(
  { db, ports, now }: Delivery,
  lane: Lane,
  // As it was when the bodies were made: one that was changed meanwhile must not send them.
  { version }: WebhookRow,
  // The log went up to `head` when the bodies were made.
  { place, rendered, head }: { place: bigint; rendered: { event: EventRow; body: string }[]; head: bigint },
  { waits = false }: Manner,
): Promise<'stored' | 'changed' | 'held'> {
  const { workspaceId, id, cursor } = lane.webhook;
  const asKnown = sql`workspace_id = ${workspaceId}::uuid and id = ${id}::uuid and cursor = ${cursor}::bigint and version = ${version}::int
        and status = 'ACTIVE' and archived_at is null`;
  let last = lane.lastId;
  const made = rendered.map(({ event, body }) => {
    last = idAfter(last);
    return { id: last, messageId: ports.messageIdOf(id, event.id), event, subjectKey: event.customerId ?? event.subjectId, body };
  });
  const column = (value: (one: (typeof made)[number]) => unknown) => made.map(value);
  // Bodies about somebody who was erased meanwhile are made anew.
  const erasedSince = sql`exists (select from events e where e.workspace_id = ${workspaceId}::uuid and e.type = 'customer.erased'
    and e.seq > ${head}::bigint and e.customer_id = any(${column((one) => one.subjectKey)}::uuid[]))`;
  // A replay has the row for seconds: whoever waited for it would hold up all that are taken in after.
  const statement = sql`
    with free as (
      select id from webhooks where ${asKnown} and not ${erasedSince} for no key update skip locked
    ), moved as (
      update webhooks set cursor = ${place}::bigint
      where workspace_id = ${workspaceId}::uuid and id = ${id}::uuid and exists (select from free)
      returning id
    ), added as (
      insert into webhook_deliveries (workspace_id, id, webhook_id, kind, message_id, event_seq, event_id, event_type, subject_key, body, next_attempt_at)
      select ${workspaceId}::uuid, n.id, moved.id, 'EVENT', n.message_id, n.seq, n.event_id, n.type, n.subject_key, n.body, now()
      from moved cross join unnest(${column((one) => one.id)}::uuid[], ${column((one) => one.messageId)}::text[],
        ${column((one) => one.event.seq)}::bigint[], ${column((one) => one.event.id)}::uuid[], ${column((one) => one.event.type)}::text[],
        ${column((one) => one.subjectKey)}::uuid[], ${column((one) => one.body)}::text[])
        as n (id, message_id, seq, event_id, type, subject_key, body)
      on conflict (workspace_id, webhook_id, event_seq) where kind = 'EVENT' do nothing
      returning id
    )
    select (select count(*) from moved)::int as moved, (select count(*) from webhooks where ${asKnown})::int as known,
      array(select id from added) as added`;
  type Stored = { moved: number; known: number; added: string[] };
  const rows = waits ? await inTurn(db, lane.webhook, (tx) => tx.query<Stored>(statement)) : await db.query<Stored>(statement);
  if (!rows) return 'held';
  const [row] = rows;
  if (row!.moved === 0) return row!.known > 0 ? 'held' : 'changed';
  lane.webhook = { ...lane.webhook, cursor: place };
  lane.lastId = last;
  const added = new Set(row!.added);
  let room = lane.queue.free() === 0 ? MEMORY : MEMORY / 10;
  lane.queue.add(
    made.flatMap(({ id, messageId, subjectKey, body }): Pending[] => {
      if (!added.has(id)) return [];
      room -= body.length;
      return [{ id, workspaceId, kind: 'EVENT', messageId, subjectKey, attempts: 0, dueAt: now(), body: room < 0 ? null : body }];
    }),
  );
  return 'stored';
}

/** A new id that is higher than `last`, also where the clock of another machine was ahead. */
function idAfter(last: string): string {
  const id = newId();
  if (id > last) return id;
  const hex = (BigInt(`0x${last.replaceAll('-', '')}`) + 1n).toString(16).padStart(32, '0');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
