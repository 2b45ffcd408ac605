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

/** The next events after a locked place, of all workspaces and types, at most `limit`; moves the place behind them. */
export async function takeEvents(tx: Transaction, place: Place, limit: number): Promise<EventRow[]> {
  const events = await tx.query<EventRow>(
    sql`select ${eventColumns} from events e where e.seq > ${place.seq} order by e.seq limit ${limit}`,
  );
  const last = events.at(-1);
  if (last) {
    await tx.execute(sql`update event_consumers set seq = ${last.seq}, updated_at = now() where name = ${place.name}`);
    place.seq = last.seq;
  }
  return events;
}
