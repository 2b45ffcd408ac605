// One event, given to a handler in a savepoint: what it wrote stays or is undone, and the transaction goes on.
import { inWorkspace } from '../../commands/system.ts';
import type { Transaction } from '../../db/database.ts';
import type { EventRow } from '../../events/index.ts';
import { storable } from '../../lib/storable-text.ts';
import { assertInTime } from '../context-read.ts';
import { writeContext } from '../context-write.ts';
import { assertFinished, noteSeen } from '../emit.ts';
import { checkedTransaction } from '../own-tables/inside.ts';
import { assertWhole, beginEvent, takeBack } from '../own-tables/mark.ts';
import { pluginEventOf } from '../plugin-event.ts';
import { originOf } from '../plugin-viewer.ts';
import { isGivenUp, isRetried, logFailure, within } from '../timeouts.ts';
import { HANDLE_MS, type Handler } from './handler.ts';

export type AttemptOptions = {
  timeoutMs?: number;
  /** Counts deadlocks too as failures of the event: set when trying the whole again did not help. */
  last?: boolean;
  /** Aborted when the server stops and waits no longer. */
  lastCall?: AbortSignal;
};

/** Null where the event was taken in; else what went wrong. Throws where the whole transaction is to be tried again, and GivenUp where the server stops. */
export async function attempt(
  tx: Transaction,
  handler: Handler,
  event: EventRow,
  { timeoutMs = HANDLE_MS, last = false, lastCall }: AttemptOptions = {},
): Promise<string | null> {
  const { plugin } = handler;
  await beginEvent(tx);
  try {
    const work = async (signal: AbortSignal) => {
      const inTime = checkedTransaction(tx, () => assertInTime(plugin, signal));
      await inWorkspace(
        inTime,
        event.workspaceId,
        async (ctx) => {
          // It was there when the event was written, and nobody else's: to tell of it again needs no look.
          noteSeen(ctx, event.subjectType, event.subjectId);
          if (event.customerId !== null) noteSeen(ctx, 'Customer', event.customerId);
          await handler.handle(writeContext(plugin, ctx, { signal }), pluginEventOf(plugin, event));
          await assertFinished(plugin, ctx);
        },
        { origin: originOf(plugin) },
      );
    };
    await within(timeoutMs, work, lastCall);
    // The next event must find nothing of this one under way or failed: its savepoint lets go of this one's.
    await assertWhole(tx);
    return null;
  } catch (error) {
    // Where the connection is lost this throws, and the events come again.
    await takeBack(tx);
    if (isRetried(error) && !last) throw error;
    // That is no failure of the event.
    if (lastCall?.aborted && isGivenUp(error)) throw error;
    const fields = { plugin: plugin.id, place: `handler ${handler.name}`, handler: handler.name, eventSeq: String(event.seq) };
    logFailure(plugin.log, fields, error, 'a handler of a plugin failed');
    return textOf(error);
  }
}

const LONGEST = 500;

/** What people are told of it, in a form and length that can be stored. A plugin may throw anything, also what breaks when it is looked at. */
function textOf(error: unknown): string {
  let text: string;
  try {
    text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  } catch {
    text = 'It failed with something that has no text.';
  }
  return storable(text, LONGEST);
}
