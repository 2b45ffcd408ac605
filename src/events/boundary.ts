// Up to which position the inbox is settled, so that the sequencer need not start its scan at the table's beginning.
//
// Moved rows stay behind as dead ones while any transaction of the database, even an idle reader, is older than their
// move; a scan from the start would step over all of them, every time. But one cannot just go on from the last position
// moved: a transaction that took a lower position may commit later. So:
// - Who inserts holds ROW EXCLUSIVE on the inbox from before it takes a position until its end. A survey reads the
//   sequence's last value L and then those holders. Every position up to L belongs to a holder, or to a transaction that
//   has ended and is therefore seen by every later snapshot.
// - So once a later snapshot has moved what it sees up to L, only those holders can still bring a row at or below L.
//   They are remembered by transaction id, each with the boundary below which it owns nothing (`low`).
// - A move asks its own snapshot which of them have ended. If none has, scanning from the boundary sees all there is to
//   see; else it starts at the lowest `low` among those. The same snapshot answers both, so what depends on a holder's
//   commit is never moved before that holder's own rows.
import sql from 'sql-template-tag';
import type { Session } from './session.ts';

/** Where a scan may start, and the transactions that may still bring a lower row. */
export type Boundary = {
  settled: bigint;
  /** Transaction id -> the position below which it has no row that was not moved. */
  pending: Map<bigint, bigint>;
};

export type Survey = { last: bigint; holders: bigint[] };

/** What a move did: it took what it saw between `start` and `end`, all of it if `drained`. */
export type Scan = { end: bigint | null; drained: boolean; ended: bigint[] };

export function unknownBoundary(): Boundary {
  return { settled: 0n, pending: new Map() };
}

/** Looks who may hold unseen positions; null when a holder has no transaction id yet, so look again. */
export async function survey(session: Session): Promise<Survey | null> {
  // Two statements, in this order: the holders must be read after the sequence. (Fresh, it shows a value not yet taken.)
  const [counter] = await session.prepared<{ last: bigint }>(
    'trato_event_counter',
    sql`select last_value - (not is_called)::int as last from event_inbox_position_seq`,
  );
  // One read of pg_locks: two might pair a holder with its backend's earlier transaction.
  const rows = await session.prepared<{ xid: string | null; now: string }>(
    'trato_event_survey',
    sql`
    with locks as materialized (
      select locktype, split_part(virtualtransaction, '/', 1) as backend, transactionid from pg_locks
      where granted and pid is distinct from pg_backend_pid() and (
        (locktype = 'transactionid' and mode = 'ExclusiveLock') or
        (locktype = 'relation' and mode = 'RowExclusiveLock' and relation = 'event_inbox'::regclass
          and database = (select oid from pg_database where datname = current_database())))
    )
    select x.transactionid::text as xid, pg_snapshot_xmax(pg_current_snapshot())::text as now
    from (select distinct backend from locks where locktype = 'relation') as holder
    left join locks x on x.backend = holder.backend and x.locktype = 'transactionid'`,
  );
  if (rows.some((row) => row.xid === null)) return null;
  return { last: counter!.last, holders: rows.map((row) => widen(BigInt(row.xid!), BigInt(row.now))) };
}

/** The 64-bit form of a running transaction's 32-bit id, which lies within 2^31 of any other current one. */
export function widen(xid: bigint, now: bigint): bigint {
  return now + BigInt.asIntN(32, xid - now);
}

/** Notes a survey's holders before the move that follows it. A holder not seen before has positions above `settled` only. */
export function remember(boundary: Boundary, found: Survey): Boundary {
  const pending = new Map(boundary.pending);
  for (const xid of found.holders) if (!pending.has(xid)) pending.set(xid, boundary.settled);
  return { settled: boundary.settled, pending };
}

/** The boundary after a move, and the survey before it if there was one. */
export function advance(boundary: Boundary, scan: Scan, found: Survey | null): Boundary {
  const pending = new Map(boundary.pending);
  for (const xid of scan.ended) {
    const low = pending.get(xid);
    if (scan.drained || low === undefined || scan.end === null) pending.delete(xid);
    else if (low < scan.end) pending.set(xid, scan.end);
  }
  let settled = boundary.settled;
  if (found) {
    const reached = scan.drained || scan.end === null || scan.end > found.last ? found.last : scan.end;
    if (reached > settled) settled = reached;
  }
  return { settled, pending };
}
