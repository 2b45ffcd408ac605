// Who may look at what was sent: a body holds what the webhook's credential sees, which a reader of the log may not.
import sql from 'sql-template-tag';
import { viewerOfCredential } from '../../auth/credential.ts';
import { excessOf } from '../../auth/excess.ts';
import type { CompiledRole } from '../../auth/permissions.ts';
import type { Viewer } from '../../auth/viewer.ts';
import type { Queryable } from '../../db/database.ts';
import type { WebhookRow } from '../../db/models.ts';
import type { Reader } from '../../query/reader.ts';

type Credential = Pick<WebhookRow, 'apiKeyId' | 'userId'>;

/** Of each delivery by id, whether the reader's viewer sees all that its webhook sees. */
export async function seesSent({ db, viewer }: Reader, deliveryIds: readonly string[]): Promise<boolean[]> {
  const rows = await db.query<Credential & { id: string }>(sql`select d.id, w.api_key_id as "apiKeyId", w.user_id as "userId"
    from webhook_deliveries d join webhooks w on w.workspace_id = d.workspace_id and w.id = d.webhook_id
    where d.workspace_id = ${viewer.workspaceId}::uuid and d.id = any(${[...deliveryIds]}::uuid[])`);
  const byId = new Map(rows.map((row) => [row.id, row]));
  const known = new Map<string, Promise<boolean>>();
  const seen = deliveryIds.map((id) => {
    const credential = byId.get(id);
    if (!credential) return false;
    const key = credential.apiKeyId ?? credential.userId!;
    if (!known.has(key)) known.set(key, seesAsMuch(db, viewer, credential));
    return known.get(key)!;
  });
  return Promise.all(seen);
}

/** Whether a viewer sees all that the credential of a webhook sees. Of one that is gone only who sees everything is sure to. */
export async function seesAsMuch(db: Queryable, viewer: Viewer, credential: Credential): Promise<boolean> {
  const { kind, id } = viewer.actor;
  if (id !== null && id === (kind === 'USER' ? credential.userId : credential.apiKeyId)) return true;
  if (viewer.role.permissions.has('*') && viewer.role.hiddenFields.size === 0 && seesAllRows(viewer.role)) return true;
  if (!seesAllRows(viewer.role)) return false; // equal scopes of two users are other rows
  const other = await viewerOfCredential(db, { workspaceId: viewer.workspaceId, ...credential });
  return other !== null && excessOf(viewer.role, readingOnly(other.role)) === null;
}

function seesAllRows(role: CompiledRole): boolean {
  return [...role.rowScope.values()].every((scope) => scope === 'ALL');
}

/** What a role may read. */
function readingOnly(role: CompiledRole): CompiledRole {
  const reads = [...role.permissions].flatMap((one) =>
    one.includes(':') ? (/:(read|\*)$/.test(one) ? [one.replace(/\*$/, 'read')] : []) : [one],
  );
  return { ...role, permissions: new Set(reads) };
}
