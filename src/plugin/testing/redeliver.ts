// Delivering an event as when a process is killed before it commits: the handler runs, and nothing of it stays.
import { inWorkspace } from '../../commands/system.ts';
import type { Database, Transaction } from '../../db/database.ts';
import type { EventRow } from '../../events/index.ts';
import { writeContext } from '../context.ts';
import type { PluginEvent } from '../contexts.ts';
import type { LoadedPlugin } from '../loaded.ts';
import type { Instruments } from './instruments.ts';

class Killed extends Error {}

/** Runs every handler of the event and takes back what it wrote. The event comes to them again, as it does after a crash. */
export async function deliverAndKill(db: Database, plugin: LoadedPlugin, { handlers }: Instruments, event: EventRow): Promise<void> {
  const { id, seq, type, subjectType, subjectId, customerId, origin, occurredAt, data } = event;
  const given: PluginEvent = { id, seq, type, subjectType, subjectId, customerId, origin, occurredAt, data };
  for (const { types, handle } of handlers) {
    if (!types.includes(type)) continue;
    const killed = db.transaction(async (tx: Transaction) => {
      await inWorkspace(tx, event.workspaceId, (ctx) => handle(writeContext(plugin, ctx), given));
      throw new Killed();
    });
    await killed.catch((error: unknown) => {
      if (!(error instanceof Killed)) throw error;
    });
  }
}
