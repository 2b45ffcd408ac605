// Which rows a role with a row scope may change: reads are cut by the kernel, writes here.
import sql from 'sql-template-tag';
import { scopeOf } from '../../auth/permissions.ts';
import type { CommandContext } from '../../commands/command.ts';
import { lockRow, notFound } from '../../commands/rows.ts';
import type { RowOf } from '../../db/models.ts';
import { entityNamed } from '../../query/entity.ts';
import { rowPolicy } from '../../query/policy.ts';
import { tableOf } from '../../query/sql.ts';
import './access.entity.ts';

/** Those of the ids that the viewer's row scope for writing reaches; all of them, unread, for a scope of ALL. */
export async function reachableIds(ctx: CommandContext, model: 'User' | 'Team', ids: readonly string[]): Promise<Set<string>> {
  const entity = entityNamed(model);
  const scope = scopeOf(ctx.viewer.role, entity.subject, 'write');
  if (scope === 'ALL' || ids.length === 0) return new Set(ids);
  const writer = { ...ctx.viewer, role: { ...ctx.viewer.role, rowScope: new Map([[entity.subject, scope]]) } };
  const rows = await ctx.tx.query<{ id: string }>(
    sql`select t.id from ${tableOf(model)} t where ${rowPolicy(writer, entity, 't')} and t.id = any(${[...ids]}::uuid[])`,
  );
  return new Set(rows.map((row) => row.id));
}

/** Locks and reads a user or team that the viewer may change. Refuses with NOT_FOUND, also for one out of reach. */
export async function lockReachable<M extends 'User' | 'Team'>(
  ctx: CommandContext,
  model: M,
  id: string,
  path: (string | number)[] = ['id'],
): Promise<RowOf[M]> {
  const row = (await lockRow(ctx, model, id)) ?? notFound(model, path);
  if (!(await reachableIds(ctx, model, [id])).has(id)) notFound(model, path);
  return row;
}
