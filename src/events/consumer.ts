// Durable readers of the log inside the database: what they write and how far they have read commit together, so every
// event is taken in exactly once, whichever process reads and whenever it is killed.
import sql from 'sql-template-tag';
import type { Transaction } from '../db/database.ts';
import { eventColumns, headSeq } from './log.ts';
import type { EventRow } from './types.ts';

/** How far a reader has come. */
export type Place = { name: string; seq: bigint };

/**
 * Locks the reader's place for the rest of `tx`: one transaction at a time reads for it. A reader that is new begins at
 * the end of the log. Null where another transaction has the lock and `wait` is not set.
 */
export async function lockConsumer(tx: Transaction, name: string, { wait = false } = {}): Promise<Place | null> {
  const [place] = await tx.query<{ seq: bigint }>(
    wait
      ? sql`select seq from event_consumers where name = ${name} for update`
      : sql`select seq from event_consumers where name = ${name} for update skip locked`,
  );
  if (place) return { name, seq: place.seq };
  const [known] = await tx.query(sql`select 1 from event_consumers where name = ${name}`);
  if (known) return null;
  const [made] = await tx.query<{ seq: bigint }>(
    sql`insert into event_consumers (name, seq) values (${name}, ${headSeq}) on conflict (name) do nothing returning seq`,
  );
  return made ? { name, seq: made.seq } : lockConsumer(tx, name, { wait });
}

/** What was taken: the events wanted, and whether the log went on (there may be more). */
export type Taken = { events: EventRow[]; moved: boolean };

/**
 * Takes the next `limit` events after a locked place, of all workspaces, and moves the place behind them. Only those of
 * `types` are read (null: all of them; none: the place is moved past what nobody waits for).
 */
export async function takeEvents(tx: Transaction, place: Place, limit: number, types: readonly string[] | null = null): Promise<Taken> {
  const [next] = await tx.query<{ seq: bigint | null }>(
    sql`select max(n.seq) as seq from (select e.seq from events e where e.seq > ${place.seq} order by e.seq limit ${limit}) n`,
  );
  if (next!.seq === null) return { events: [], moved: false };
  const wanted = types === null ? sql`true` : sql`e.type = any(${[...types]}::text[])`;
  const events =
    types?.length === 0
      ? []
      : await tx.query<EventRow>(
          sql`select ${eventColumns} from events e where e.seq > ${place.seq} and e.seq <= ${next!.seq} and ${wanted} order by e.seq`,
        );
  await tx.execute(sql`update event_consumers set seq = ${next!.seq}, updated_at = now() where name = ${place.name}`);
  place.seq = next!.seq;
  return { events, moved: true };
}
