// Commands that nobody asked for: what event handlers and schedules change, as Trato itself.
import { systemViewer } from '../auth/system-viewer.ts';
import type { Transaction } from '../db/database.ts';
import type { CommandContext } from './command.ts';
import { appendEmitted, type Emitted } from './emitted.ts';

export type SystemOptions = {
  /** The moment that counts as now; the present one unless told. */
  now?: Date;
  /** What the events say of their origin; null unless told. */
  origin?: string | null;
};

/** Runs `fn` as the system of a workspace, in a transaction that is under way, and appends the events it emitted. */
export async function inWorkspace<T>(
  tx: Transaction,
  workspaceId: string,
  fn: (ctx: CommandContext) => Promise<T>,
  { now = new Date(), origin = null }: SystemOptions = {},
): Promise<T> {
  const viewer = systemViewer(workspaceId);
  const events: Emitted[] = [];
  const result = await fn({
    tx,
    viewer,
    workspaceId,
    now,
    requestId: '',
    permission: '*',
    emit: (event) => events.push({ occurredAt: now, ...event }),
  });
  await appendEmitted(tx, { workspaceId, actor: viewer.actor, origin, requestId: null }, events);
  return result;
}
