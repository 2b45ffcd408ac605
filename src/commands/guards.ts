// What may veto a command: it runs in the command's transaction, before anything is written.
import type { CommandContext } from './command.ts';

/** Looks at a command's checked input and throws UserErrors to refuse it. What it writes commits with the command. */
export type Guard = (ctx: CommandContext, input: unknown) => Promise<void>;

const guards = new Map<string, Guard[]>();

/** Has `guard` run before the command of that name, after those that were there before it; gives the way to end that. */
export function defineGuard(command: string, guard: Guard): () => void {
  const known = guards.get(command) ?? [];
  known.push(guard);
  guards.set(command, known);
  return () => void known.splice(known.indexOf(guard), 1);
}

/** Runs the guards of a command, one after the other: the first that refuses is the answer. */
export async function passGuards(ctx: CommandContext, command: string, input: unknown): Promise<void> {
  for (const guard of guards.get(command) ?? []) await guard(ctx, input);
}
