// The savepoint of the event that a handler works on, in a transaction that takes in many. Savepoints need no rights, so
// making one ends nobody's turn: a handler that only writes to its own tables changes the role once in the whole
// transaction. One round trip lets go of the last savepoint, makes the next, and gives the turn to whoever had it first the
// last time.
import sql, { raw } from 'sql-template-tag';
import type { Transaction } from '../../db/database.ts';
import { inTurn, isWhole, noting, turnsOf } from './turns.ts';

/** Begins an event: what came before it is kept, what follows can be taken back by `takeBack`. */
export function beginEvent(tx: Transaction): Promise<void> {
  const kept = turnsOf(tx);
  return inTurn(kept, async () => {
    const { open, first = null } = kept.mark;
    const enter = first !== kept.now ? first : null;
    const texts = [...(open ? ['release savepoint plugin_event'] : []), 'savepoint plugin_event', ...(enter === null ? [] : [enter])];
    // Going back to a savepoint gives the turn to whoever had it when it was made.
    kept.mark = { open: true, now: kept.now, first: undefined };
    await noting(kept, () => kept.core.execute(raw(texts.join('; '))));
    if (enter !== null) kept.now = enter;
  });
}

/** Waits for statements of the event that are still under way, and throws what any of it failed with: then it must be taken back. */
export function assertWhole(tx: Transaction): Promise<void> {
  const kept = turnsOf(tx);
  return inTurn(kept, async () => {
    const failed = kept.failed ?? kept.lost;
    if (failed !== undefined) throw failed;
  });
}

/** Takes back what was done since the event began. Throws where the connection is lost. */
export function takeBack(tx: Transaction): Promise<void> {
  const kept = turnsOf(tx);
  return inTurn(kept, async () => {
    await kept.core.execute(sql`rollback to savepoint plugin_event`);
    kept.now = kept.mark.now;
    // Where taking the turn was what failed, the next event must not begin with it.
    kept.mark.first = null;
    isWhole(kept);
  });
}

/** Ends the last event: all that follows is the core's, also the commit. */
export async function endEvents(tx: Transaction): Promise<void> {
  const kept = turnsOf(tx);
  if (!kept.mark.open) return;
  kept.mark.open = false;
  await tx.execute(sql`release savepoint plugin_event`);
}
