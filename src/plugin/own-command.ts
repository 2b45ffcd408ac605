// `ctx.command`: a core command as the plugin itself, in a transaction that is under way. What it does it does whole: one
// that refuses or fails has changed nothing, also where the plugin catches what it threw and goes on.
import { hasPermission, knownSubjects } from '../auth/permissions.ts';
import type { Viewer } from '../auth/viewer.ts';
import { allCommands, type Command, type CommandContext, commandNamed, RolledBack, toUserError } from '../commands/command.ts';
import type { Emitted } from '../commands/emitted.ts';
import { passGuards } from '../commands/guards.ts';
import { inOwnCurrency } from '../commands/own-currency.ts';
import { type UserError, UserErrors } from '../commands/user-errors.ts';
import { inSavepoint } from '../db/savepoint.ts';
import { meant } from '../lib/nearest.ts';
import { capabilityError } from './capability-error.ts';
import { assertInTime } from './context-read.ts';
import { deeper } from './depth.ts';
import type { LoadedPlugin } from './loaded.ts';
import { checkedTransaction } from './own-tables/inside.ts';
import { pluginViewer } from './plugin-viewer.ts';

const commandNames = (): string[] => allCommands().map(({ name }) => name);

export type OwnCommand = { plugin: LoadedPlugin; ctx: CommandContext; signal: AbortSignal };

/** Runs the command of that name. Its user errors are thrown. */
export async function runOwnCommand({ plugin, ctx, signal }: OwnCommand, name: string, raw: unknown): Promise<unknown> {
  const command = commandNamed(name);
  if (!command) throw new Error(`${plugin.id}: there is no command ${String(name).slice(0, 80)}${meant(name, commandNames())}`);
  const viewer = pluginViewer(plugin, ctx.workspaceId);
  assertMayRun(plugin, command, hasPermission(viewer.role, command.permission));
  return deeper(plugin, `the command ${name}`, () => run({ plugin, ctx, signal }, command, viewer, raw));
}

async function run(
  { plugin, ctx, signal }: OwnCommand,
  command: Command<unknown, unknown>,
  viewer: Viewer,
  raw: unknown,
): Promise<unknown> {
  const tx = checkedTransaction(ctx.tx, () => assertInTime(plugin, signal));
  const parsed = (command.parse ?? command.input).safeParse(await inOwnCurrency(tx, ctx.workspaceId, raw));
  if (!parsed.success) throw new UserErrors(parsed.error.issues.map(toUserError));

  const events: Omit<Emitted, 'occurredAt'>[] = [];
  const source = { actor: viewer.actor, origin: viewer.origin };
  const child: CommandContext = {
    ...ctx,
    tx,
    viewer,
    permission: command.permission,
    emit: (event) => events.push({ source, ...event }),
  };
  const result = await whole(child, async () => {
    await passGuards(child, command.name, parsed.data);
    return command.run(child, parsed.data);
  });
  for (const event of events) ctx.emit(event);
  return result;
}

async function whole<T>({ tx }: CommandContext, work: () => Promise<T>): Promise<T> {
  try {
    return await inSavepoint(tx, work);
  } catch (error) {
    throw error instanceof RolledBack ? refusalOf(error) : error;
  }
}

/** A bulk command that changed nothing: for a plugin that is a refusal. */
function refusalOf({ result }: RolledBack): Error {
  const { results = [] } = result as { results?: { userErrors: UserError[] }[] };
  const errors = results.flatMap(({ userErrors }) => userErrors);
  return errors.length > 0 ? new UserErrors(errors) : new Error('a dry run is not possible in a transaction');
}

function assertMayRun(plugin: LoadedPlugin, { name, permission }: Command<unknown, unknown>, may: boolean): void {
  if (may) return;
  const [subject = '', action] = permission.split(':');
  // What plugins offer is for callers: no capability gives it.
  if (!(knownSubjects as readonly string[]).includes(subject))
    throw new Error(`${plugin.id}: ${name} is a mutation of a plugin, which ctx.command does not run: share the function that it runs`);
  if (action === 'read' || action === 'write')
    throw capabilityError(plugin, `the command ${name}`, `${action}:${subject}` as `write:${string}`);
  throw new Error(`${plugin.id}: no plugin may run the command ${name}`);
}
