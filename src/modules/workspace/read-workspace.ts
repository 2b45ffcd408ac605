// The viewer's own workspace.
import sql from 'sql-template-tag';
import type { EntityRow } from '../../query/page.ts';
import { hidesColumn } from '../../query/policy.ts';
import type { Reader } from '../../query/reader.ts';
import { selectList } from '../../query/sql.ts';
import { workspace } from './workspace.entity.ts';

/** The row of the viewer's workspace, without the columns the role hides. */
export async function readWorkspace(reader: Reader): Promise<EntityRow> {
  const { viewer } = reader;
  return reader.batch('workspace', viewer.workspaceId, async (ids: readonly string[]) => {
    const hidden = (property: string) => hidesColumn(viewer, workspace, property);
    const [row] = await reader.db.query<EntityRow>(
      sql`select ${selectList('Workspace', 'w', hidden)} from workspaces w where w.id = ${viewer.workspaceId}::uuid`,
    );
    return ids.map(() => ({ ...row!, __typename: 'Workspace' }));
  });
}
