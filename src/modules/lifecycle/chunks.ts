// Everyone of a workspace, a part at a time, so that no statement holds more than it needs to.
import sql from 'sql-template-tag';
import type { Queryable } from '../../db/database.ts';
import type { Among } from './judge-stages.ts';

const CHUNK = 5_000;
const FIRST = '00000000-0000-0000-0000-000000000000';

/** The customers named, or all of the workspace, in parts of at most 5,000. */
export async function* partsOf(db: Queryable, workspaceId: string, customers: readonly string[] | null): AsyncGenerator<Among> {
  if (customers) {
    const ids = [...new Set(customers)];
    for (let from = 0; from < ids.length; from += CHUNK) yield { ids: ids.slice(from, from + CHUNK) };
    return;
  }
  for (let after = FIRST; ; ) {
    const [last] = await db.query<{ id: string | null }>(sql`select max(id::text)::uuid as id from (
      select id from customers where workspace_id = ${workspaceId}::uuid and id > ${after}::uuid order by id limit ${CHUNK}) c`);
    if (!last?.id) return;
    yield { after, upTo: last.id };
    after = last.id;
  }
}
