// Whether a viewer sees a customer.
import sql from 'sql-template-tag';
import type { Viewer } from '../../auth/viewer.ts';
import type { Queryable } from '../../db/database.ts';
import { entityNamed } from '../../query/entity.ts';
import { rowPolicy } from '../../query/policy.ts';

/** Whether the role lets the viewer see this customer. */
export async function isVisibleCustomer(db: Queryable, viewer: Viewer, id: string): Promise<boolean> {
  const rows = await db.query(sql`select from customers c where c.id = ${id}::uuid and ${rowPolicy(viewer, entityNamed('Customer'), 'c')}`);
  return rows.length > 0;
}
