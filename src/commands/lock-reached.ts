// Locking what a command is about, as far as the caller may touch it.
import sql from 'sql-template-tag';
import { narrowerScope, parsePermission, scopeOf } from '../auth/permissions.ts';
import type { ModelName, RowOf } from '../db/models.ts';
import { entityNamed } from '../query/entity.ts';
import { rowPolicy, withScope } from '../query/policy.ts';
import { tableOf } from '../query/sql.ts';
import type { CommandContext } from './command.ts';
import { allColumns, notFound } from './rows.ts';

/**
 * Locks a row that the caller sees, in the narrower of the scopes for reading its subject and for what the command does;
 * refuses with NOT_FOUND at `path` otherwise. `asked` is what the caller named.
 */
export async function lockReached<M extends ModelName>(
  ctx: CommandContext,
  model: M,
  id: string,
  path: string[],
  asked: string = model,
): Promise<RowOf[M]> {
  const entity = entityNamed(model);
  const { role } = ctx.viewer;
  const { subject, action } = parsePermission(ctx.permission);
  const viewer = withScope(ctx.viewer, entity.subject, narrowerScope(scopeOf(role, entity.subject), scopeOf(role, subject, action)));
  const [row] = await ctx.tx.query<RowOf[M]>(sql`select ${allColumns(model, 'r')} from ${tableOf(model)} r
    where r.id = ${id}::uuid and ${rowPolicy(viewer, entity, 'r')} for no key update of r`);
  return row ?? notFound(asked, path);
}
