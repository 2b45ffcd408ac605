// What plugins write with: one transaction of a workspace, their own tables, events of their own, and the core's commands.
import type { Viewer } from '../auth/viewer.ts';
import type { CommandContext } from '../commands/command.ts';
import { lockReached } from '../commands/lock-reached.ts';
import { reject } from '../commands/user-errors.ts';
import type { ModelName } from '../db/models.ts';
import { allEntities } from '../query/entity.ts';
import { assertInTime, callerOf, readContext } from './context-read.ts';
import type { WriteCallContext, WriteContext } from './contexts.ts';
import { emitter, noteSeen } from './emit.ts';
import type { LoadedPlugin } from './loaded.ts';
import { runOwnCommand } from './own-command.ts';
import { checkedTransaction } from './own-tables/inside.ts';

/** A context in the transaction of a command, or of what runs like one. */
export function writeContext(plugin: LoadedPlugin, ctx: CommandContext, options: { signal?: AbortSignal } = {}): WriteContext {
  const read = readContext(plugin, { db: ctx.tx, workspaceId: ctx.workspaceId, now: ctx.now, ...options });
  return standingOn(ctx, {
    ...read,
    emit: emitter(plugin, ctx, read.signal),
    async lock(type, id, path = []) {
      assertInTime(plugin, read.signal);
      if (!allEntities().some(({ name }) => name === type)) throw new Error(`${plugin.id}: ${type} is no core record`);
      await lockReached({ ...ctx, tx: checkedTransaction(ctx.tx, () => assertInTime(plugin, read.signal)) }, type as ModelName, id, path);
      noteSeen(ctx, type, id);
    },
    reject: (code, message, path = []) => reject(`${plugin.names.upper}_${code}`, message, path),
    async command<Result>(name: string, input: unknown) {
      assertInTime(plugin, read.signal);
      return (await runOwnCommand({ plugin, ctx, signal: read.signal }, name, input)) as Result;
    },
  });
}

const commandContexts = new WeakMap<WriteContext, CommandContext>();

function standingOn<C extends WriteContext>(ctx: CommandContext, made: C): C {
  commandContexts.set(made, ctx);
  return made;
}

/** What a context of a plugin stands on, for parts of its host that write: plugins never get it. */
export function commandContextOf(made: WriteContext): CommandContext {
  const ctx = commandContexts.get(made);
  if (!ctx) throw new Error('give the context as your function got it');
  return ctx;
}

/** The same for a change that a caller asked for. */
export function writeCallContext(
  plugin: LoadedPlugin,
  ctx: CommandContext,
  viewer: Viewer = ctx.viewer,
  options: { signal?: AbortSignal } = {},
): WriteCallContext {
  return standingOn(ctx, { ...writeContext(plugin, ctx, options), caller: callerOf(viewer) });
}
