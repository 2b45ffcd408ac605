// Kinds of ties as commands need them, and the lock that keeps the rules of a kind true beside other writers.
import sql from 'sql-template-tag';
import type { CommandContext } from '../../commands/command.ts';

export type Kind = { id: string; key: string; acyclic: boolean; exclusive: boolean };

/** The kinds with these keys, archived ones left out: key -> kind. */
export async function kindsByKey(ctx: CommandContext, keys: Iterable<string>): Promise<Map<string, Kind>> {
  const rows = await ctx.tx.query<Kind>(sql`select id, key, acyclic, exclusive from relationship_kinds
    where workspace_id = ${ctx.workspaceId}::uuid and key = any(${[...new Set(keys)]}::text[]) and archived_at is null`);
  return new Map(rows.map((row) => [row.key, row]));
}

/** One kind by its id. */
export async function kindById(ctx: CommandContext, id: string): Promise<Kind> {
  const [row] = await ctx.tx.query<Kind>(
    sql`select id, key, acyclic, exclusive from relationship_kinds where workspace_id = ${ctx.workspaceId}::uuid and id = ${id}::uuid`,
  );
  return row!;
}

export const isRuled = (kind: Kind): boolean => kind.acyclic || kind.exclusive;

/**
 * Lets one transaction at a time change ties of a kind with rules. A circle can be closed by two transactions of which
 * neither sees the other's tie, and no row is common to both. Take it before customers are locked and ties are read.
 */
export async function lockKinds(ctx: CommandContext, kinds: Iterable<Kind>): Promise<void> {
  const names = [...kinds].filter(isRuled).map((kind) => `relationships:${ctx.workspaceId}:${kind.id}`);
  for (const name of [...new Set(names)].sort()) await ctx.tx.query(sql`select pg_advisory_xact_lock(hashtextextended(${name}, 0))`);
}
