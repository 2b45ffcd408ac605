// What goes with a customer who is erased.
import sql from 'sql-template-tag';
import type { Queryable } from '../../db/database.ts';

/** Removes the messages to a customer, before its interactions go. One on its way may still arrive. */
export async function eraseMessagesOf(tx: Queryable, workspaceId: string, customerId: string): Promise<void> {
  await tx.execute(sql`delete from messages m where m.workspace_id = ${workspaceId}::uuid and (m.customer_id = ${customerId}::uuid
    or m.interaction_id in (select i.id from interactions i where i.workspace_id = ${workspaceId}::uuid and i.customer_id = ${customerId}::uuid))`);
}
