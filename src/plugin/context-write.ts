// What plugins write with: one transaction of a workspace, their own tables, events of their own, and the core's commands.
import type { Viewer } from '../auth/viewer.ts';
import type { CommandContext } from '../commands/command.ts';
import { lockReached } from '../commands/lock-reached.ts';
import { reject } from '../commands/user-errors.ts';
import type { ModelName } from '../db/models.ts';
import { allEntities } from '../query/entity.ts';
import { assertInTime, callerOf, readContext } from './context-read.ts';
import type { PluginEventInput, WriteCallContext, WriteContext } from './contexts.ts';
import type { LoadedPlugin } from './loaded.ts';
import { runOwnCommand } from './own-command.ts';
import { checkedTransaction } from './own-tables/inside.ts';
import { originOf } from './plugin-viewer.ts';

const eventType = /^[a-z][a-z0-9_]{0,59}$/;
const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** A context in the transaction of a command, or of what runs like one. */
export function writeContext(plugin: LoadedPlugin, ctx: CommandContext, options: { signal?: AbortSignal } = {}): WriteContext {
  const read = readContext(plugin, { db: ctx.tx, workspaceId: ctx.workspaceId, now: ctx.now, ...options });
  const source = { actor: ctx.viewer.actor, origin: originOf(plugin) };
  return standingOn(ctx, {
    ...read,
    emit(event) {
      assertInTime(plugin, read.signal);
      assertEvent(plugin, event);
      const { type, subject, customerId, before, after } = event;
      ctx.emit({
        type: `${plugin.names.snake}.${type}`,
        subjectType: subject.type,
        subjectId: subject.id,
        customerId,
        data: { ...(before !== undefined && { before }), ...(after !== undefined && { after }) },
        source,
      });
    },
    async lock(type, id, path = []) {
      assertInTime(plugin, read.signal);
      if (!allEntities().some(({ name }) => name === type)) throw new Error(`${plugin.id}: ${type} is no core record`);
      await lockReached({ ...ctx, tx: checkedTransaction(ctx.tx, () => assertInTime(plugin, read.signal)) }, type as ModelName, id, path);
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

function assertEvent({ id }: LoadedPlugin, { type, subject, customerId, before, after }: PluginEventInput): void {
  if (!eventType.test(type))
    throw new Error(`${id}: an event's type has lower-case letters, digits and _: "${String(type).slice(0, 80)}" has not`);
  if (!allEntities().some(({ name }) => name === subject.type))
    throw new Error(`${id}: an event is about a core record; ${subject.type} is none`);
  if (!uuid.test(subject.id) || !(customerId === null || uuid.test(customerId))) throw new Error(`${id}: ids of events are UUIDs`);
  // What cannot be written as JSON is told here, and not when the command ends.
  JSON.stringify([before, after]);
}
