// `ctx.emit`: events of a plugin about core records. Who may neither read nor write such records has nothing to say about them,
// and what is not there cannot be told of: looked at when the plugin's function is over, once for all of its events.
import sql from 'sql-template-tag';
import type { CommandContext } from '../commands/command.ts';
import { allEntities, entityNamed } from '../query/entity.ts';
import { tableOf } from '../query/sql.ts';
import { capabilityError } from './capability-error.ts';
import { assertInTime } from './context-read.ts';
import type { PluginEventInput } from './contexts.ts';
import type { LoadedPlugin } from './loaded.ts';
import { assertIntact } from './own-tables/inside.ts';
import { originOf } from './plugin-viewer.ts';

const eventType = /^[a-z][a-z0-9_]{0,59}$/;
const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Records by their type: those of which events tell, and those that were seen to be there. */
type Told = { ids: Map<string, Set<string>>; seen: Set<string> };
const told = new WeakMap<CommandContext, Told>();

function toldOf(ctx: CommandContext): Told {
  let known = told.get(ctx);
  if (!known) {
    known = { ids: new Map(), seen: new Set() };
    told.set(ctx, known);
  }
  return known;
}

const nameOf = (type: string, id: string) => `${type} ${id.toLowerCase()}`;

/** Notes that a record is there, and stays until the end: it was locked. */
export function noteSeen(ctx: CommandContext, type: string, id: string): void {
  toldOf(ctx).seen.add(nameOf(type, id));
}

/** Makes `ctx.emit` of a context. */
export function emitter(plugin: LoadedPlugin, ctx: CommandContext, signal: AbortSignal): (event: PluginEventInput) => void {
  const source = { actor: ctx.viewer.actor, origin: originOf(plugin) };
  return (event) => {
    assertInTime(plugin, signal);
    assertEvent(plugin, event);
    const { type, subject, customerId, before, after } = event;
    noteTold(ctx, subject.type, subject.id);
    if (customerId !== null) noteTold(ctx, 'Customer', customerId);
    ctx.emit({
      type: `${plugin.names.snake}.${type}`,
      subjectType: subject.type,
      subjectId: subject.id,
      customerId,
      data: { ...(before !== undefined && { before }), ...(after !== undefined && { after }) },
      source,
    });
  };
}

function noteTold(ctx: CommandContext, type: string, id: string): void {
  const { ids, seen } = toldOf(ctx);
  if (seen.has(nameOf(type, id))) return;
  const known = ids.get(type);
  if (known) known.add(id.toLowerCase());
  else ids.set(type, new Set([id.toLowerCase()]));
}

/**
 * Ends what a plugin's function did in a transaction: throws where a statement of it failed, also one that it caught, and where
 * it told of records that the workspace does not have.
 */
export async function assertFinished(plugin: LoadedPlugin, ctx: CommandContext): Promise<void> {
  assertIntact(ctx.tx);
  const known = told.get(ctx);
  if (!known || known.ids.size === 0) return;
  const wanted = [...known.ids];
  known.ids = new Map();
  for (const [type, ids] of wanted) {
    const unknown = [...ids].filter((id) => !known.seen.has(nameOf(type, id)));
    if (unknown.length === 0) continue;
    const rows = await ctx.tx.query<{ id: string }>(sql`select r.id from ${tableOf(entityNamed(type).name)} r
      where r.workspace_id = ${ctx.workspaceId}::uuid and r.id = any(${unknown}::uuid[])`);
    for (const { id } of rows) known.seen.add(nameOf(type, id));
    if (rows.length < unknown.length) throw new Error(`${plugin.id}: it told an event about a ${type} that the workspace does not have`);
  }
}

function assertEvent({ id, definition }: LoadedPlugin, { type, subject, customerId, before, after }: PluginEventInput): void {
  if (!eventType.test(type))
    throw new Error(`${id}: an event's type has lower-case letters, digits and _: "${String(type).slice(0, 80)}" has not`);
  const entity = allEntities().find(({ name }) => name === subject?.type);
  if (!entity) throw new Error(`${id}: an event is about a core record; ${String(subject?.type).slice(0, 80)} is none`);
  const capabilities: readonly string[] = definition.capabilities;
  if (![`read:${entity.subject}`, `write:${entity.subject}`].some((capability) => capabilities.includes(capability)))
    throw capabilityError({ id }, `an event about a ${entity.name}`, `read:${entity.subject}`);
  if (!uuid.test(subject.id) || !(customerId === null || uuid.test(customerId))) throw new Error(`${id}: ids of events are UUIDs`);
  // What cannot be written as JSON is told here, and not when the command ends.
  JSON.stringify([before, after]);
}
