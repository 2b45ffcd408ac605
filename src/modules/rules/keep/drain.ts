// For tests and commands that want everything decided before they go on.
import type { Database } from '../../../db/database.ts';
import { lastSeq, startSequencer } from '../../../events/index.ts';
import { drainWorkers } from '../../../jobs/index.ts';

const quiet = { info() {}, warn() {}, error() {} };

/** Takes in all events and evaluates everything that is pending or due, until nothing is left; has other workers work too. */
export async function drainRules(db: Database): Promise<void> {
  const sequencer = startSequencer(db, { log: quiet });
  try {
    for (let before = -1n, after = 0n; before !== after; ) {
      before = after;
      await sequencer.drained();
      // Twice: what the later workers decide may be for the earlier ones.
      await drainWorkers(db);
      await drainWorkers(db);
      await sequencer.drained();
      after = await lastSeq(db);
    }
  } finally {
    await sequencer.stop();
  }
}
