// Rows of vocabularies by their keys, for commands whose inputs name them so.
import sql, { raw } from 'sql-template-tag';
import type { CommandContext } from '../../commands/command.ts';
import { type ModelName, quoteIdent } from '../../db/models.ts';
import { modelOf } from '../../query/sql.ts';

/** The ids of the entries with these keys, archived ones left out: key -> UUID. */
export async function resolveKeys(
  ctx: CommandContext,
  model: ModelName,
  keys: Iterable<string | null | undefined>,
): Promise<Map<string, string>> {
  const wanted = [...new Set([...keys].filter((key): key is string => key != null))];
  if (wanted.length === 0) return new Map();
  const rows = await ctx.tx.query<{ key: string; id: string }>(sql`select key, id from ${raw(quoteIdent(modelOf(model).table))}
    where workspace_id = ${ctx.workspaceId}::uuid and key = any(${wanted}::text[]) and archived_at is null`);
  return new Map(rows.map((row) => [row.key, row.id]));
}
