// One step of the sequencer: moves what its snapshot sees of the inbox into the log, in one statement.
//
// Why nothing is skipped, doubled or out of order:
// - The statement deletes exactly the rows that it inserts, atomically: a row is in the inbox or in the log, never in
//   both or neither, whatever dies when. A row whose transaction commits late is simply seen by a later step.
// - A subject's changes take their positions under the lock on its row, so of two of them the later committed has the
//   higher position; and a snapshot that sees the later one sees the earlier. A step takes all that it sees up to a
//   position, in the order of positions, so the earlier goes first: in the same step or in one before.
// - Steps follow each other (the advisory lock), each committed before the next begins, so who sees `seq` sees all below.
// - The commit is durable before anyone reads it (see `sequencer.ts`): else a crash could take back places already read.
//
// The head is the log's own highest place. The row of `event_head` is not counted up with it: while an old snapshot is
// held, every update leaves a version behind that the next must step over. It is a floor, for whoever cuts off the
// log's newest end: raise it to the last place first.
import sql from 'sql-template-tag';
import { advance, type Boundary, remember, type Survey, survey, unknownBoundary } from './boundary.ts';
import { headSeq } from './log.ts';
import type { Session } from './session.ts';

export type Step = {
  /** Number of events moved. */
  moved: number;
  /** Whether nothing was left that this step could see. */
  drained: boolean;
  /** The last place given out, if any was. */
  last: bigint | null;
};

export type Mover = { step(): Promise<Step> };

type MoveRow = {
  end: bigint | null;
  found: number;
  moved: number;
  last: bigint | null;
  ended: string;
};

const SURVEY = { rows: 1_000, milliseconds: 2_000 };
// Now and then everything is scanned from the start, in case positions were set back by hand.
const SWEEP_MS = 60_000;

/** Makes the steps of one session that holds the sequencer's lock. */
export function createMover(session: Session, options: { batch: number; channel: string }): Mover {
  let boundary = unknownBoundary();
  let highest = 0n;
  let surveyed = { at: -Infinity, rows: 0 };
  let swept = performance.now();

  async function look(now: number): Promise<Survey | null> {
    if (now - swept > SWEEP_MS) {
      swept = now;
      boundary = unknownBoundary();
    } else if (surveyed.rows < SURVEY.rows && now - surveyed.at < SURVEY.milliseconds) return null;
    const found = await survey(session);
    if (!found) return null;
    surveyed = { at: now, rows: 0 };
    if (found.last < highest) boundary = unknownBoundary();
    highest = found.last;
    boundary = remember(boundary, found);
    return found;
  }

  return {
    async step() {
      const found = await look(performance.now());
      const row = await move(session, boundary, options);
      const drained = row.found < options.batch;
      const ended = row.ended === '' ? [] : row.ended.split(',').map(BigInt);
      boundary = advance(boundary, { end: row.end, drained, ended }, found);
      surveyed.rows += row.moved;
      return { moved: row.moved, drained, last: row.last };
    },
  };
}

async function move(session: Session, boundary: Boundary, options: { batch: number; channel: string }): Promise<MoveRow> {
  const xids = `{${[...boundary.pending.keys()].join(',')}}`;
  const lows = `{${[...boundary.pending.values()].join(',')}}`;
  const rows = await session.prepared<MoveRow>(
    'trato_event_move',
    sql`
    with ended as materialized (
      select p.xid, p.low from unnest(${xids}::xid8[], ${lows}::bigint[]) as p (xid, low)
      where pg_visible_in_snapshot(p.xid, pg_current_snapshot())
    ),
    range as materialized (
      select s.start, b.last, b.found
      from (select least(${boundary.settled}::bigint, (select min(low) from ended)) as start) as s
      cross join lateral (
        select max(i.position) as last, count(*) as found from (
          select position from event_inbox where position > s.start order by position limit ${options.batch}
        ) as i
      ) as b
    ),
    moved as (
      delete from event_inbox
      where position > (select start from range) and position <= (select last from range)
      returning *
    ),
    written as (
      insert into events
        (seq, workspace_id, id, type, subject_type, subject_id, customer_id, actor_kind, actor_id, origin, request_id, occurred_at, data)
      select (select ${headSeq}) + row_number() over (order by position),
        workspace_id, id, type, subject_type, subject_id, customer_id, actor_kind, actor_id, origin, request_id, occurred_at, data
      from moved order by position
      returning seq
    ),
    total as materialized (select max(seq) as last, count(*)::int as moved from written)
    select range.last as "end", range.found::int as found, total.moved, total.last,
      (select coalesce(string_agg(xid::text, ','), '') from ended) as ended,
      case when total.moved > 0 then pg_notify(${options.channel}, total.last::text)::text end as told
    from range, total`,
  );
  return rows[0]!;
}
