// How far memberships are worked out, and the rules as people write them: read for many segments at once.
import sql from 'sql-template-tag';
import type { Viewer } from '../../auth/viewer.ts';
import type { Queryable } from '../../db/database.ts';

export type Evaluation = { state: string; evaluatedAt: Date | null; failure: string | null };

/** The evaluations of units, in the order of their ids; null where nothing is kept. */
export async function readEvaluations(db: Queryable, viewer: Viewer, ids: readonly string[]): Promise<(Evaluation | null)[]> {
  const rows = await db.query<
    Evaluation & { id: string }
  >(sql`select id, state::text as state, evaluated_at as "evaluatedAt", failure from rule_units
    where workspace_id = ${viewer.workspaceId}::uuid and id = any(${[...new Set(ids)]}::uuid[])`);
  const byId = new Map(rows.map((row) => [row.id, row]));
  return ids.map((id) => byId.get(id) ?? null);
}

/** The keys of interaction kinds, in the order of their ids. */
export async function kindKeys(db: Queryable, viewer: Viewer, ids: readonly string[]): Promise<string[]> {
  const rows = await db.query<{ id: string; key: string }>(sql`select id, key from interaction_kinds
    where workspace_id = ${viewer.workspaceId}::uuid and id = any(${[...ids]}::uuid[])`);
  const byId = new Map(rows.map((row) => [row.id, row.key]));
  return ids.flatMap((id) => byId.get(id) ?? []);
}
