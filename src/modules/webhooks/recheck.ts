// Webhooks are held to the schema of the server that starts: one that no longer fits is stopped and says why, and goes on
// by itself once it fits again.
import type { GraphQLSchema } from 'graphql';
import sql from 'sql-template-tag';
import { viewerOfCredential } from '../../auth/credential.ts';
import type { Viewer } from '../../auth/viewer.ts';
import { allColumns, lockRow, writeChanges } from '../../commands/rows.ts';
import { inWorkspace } from '../../commands/system.ts';
import { UserErrors } from '../../commands/user-errors.ts';
import type { Database } from '../../db/database.ts';
import type { WebhookProblem, WebhookRow } from '../../db/models.ts';
import { builtSchema } from '../../graphql/built-schema.ts';
import { disableWebhook } from './disable.ts';
import { openSubscription } from './document.ts';
import { enabled } from './state.commands.ts';
import { emitWebhook } from './target.ts';

const BATCH = 200;
const FIRST = '00000000-0000-0000-0000-000000000000';

export type Rechecked = { disabled: number; enabled: number };

/** Checks the webhooks of all workspaces. Run when the schema is built; several processes may run it at once. */
export async function recheckWebhooks(db: Database, schema = builtSchema()): Promise<Rechecked> {
  const done = { disabled: 0, enabled: 0 };
  for (let last = { workspaceId: FIRST, id: FIRST }, rows: WebhookRow[]; ; last = rows.at(-1)!) {
    rows = await db.query<WebhookRow>(sql`select ${allColumns('Webhook')} from webhooks
      where (workspace_id, id) > (${last.workspaceId}::uuid, ${last.id}::uuid) and archived_at is null
        and (status = 'ACTIVE' or problem = 'DOCUMENT_INVALID')
      order by workspace_id, id limit ${BATCH}`);
    const viewerOf = rememberingViewers(db);
    for (const row of rows) await recheck(db, row, { schema, viewerOf }, done);
    if (rows.length < BATCH) return done;
  }
}

type Check = { schema: GraphQLSchema; viewerOf: (row: WebhookRow) => Promise<Viewer | null> };

/** Many webhooks have the same credential. */
function rememberingViewers(db: Database): Check['viewerOf'] {
  const known = new Map<string, Promise<Viewer | null>>();
  return (row) => {
    const key = row.apiKeyId ?? row.userId!;
    if (!known.has(key)) known.set(key, viewerOfCredential(db, row));
    return known.get(key)!;
  };
}

type Problem = { problem: WebhookProblem; detail: string };

async function recheck(db: Database, row: WebhookRow, check: Check, done: Rechecked): Promise<void> {
  const found = await problemOf(row, check);
  if (found && row.status === 'ACTIVE') {
    if (await db.transaction((tx) => disableWebhook(tx, row, found.problem, found.detail))) done.disabled += 1;
  }
  if (!found && row.status === 'DISABLED' && (await enableAgain(db, row))) done.enabled += 1;
}

async function problemOf(row: WebhookRow, { schema, viewerOf }: Check): Promise<Problem | null> {
  const viewer = await viewerOf(row);
  if (!viewer) return { problem: 'CREDENTIAL_GONE', detail: 'Its API key or user has no access any more.' };
  try {
    openSubscription(viewer, { document: row.document, variables: row.variables as Record<string, unknown> }, schema);
    return null;
  } catch (error) {
    if (!(error instanceof UserErrors)) throw error;
    return { problem: 'DOCUMENT_INVALID', detail: error.errors.map(({ code, message }) => `${code}: ${message}`).join('\n') };
  }
}

/** Goes on with what stood still, unless somebody changed it meanwhile. */
function enableAgain(db: Database, { workspaceId, id, version }: WebhookRow): Promise<boolean> {
  return db.transaction((tx) =>
    inWorkspace(tx, workspaceId, async (ctx) => {
      const row = await lockRow(ctx, 'Webhook', id);
      if (!row || row.version !== version || row.status !== 'DISABLED' || row.archivedAt) return false;
      await writeChanges(ctx, 'Webhook', id, enabled);
      const { status, problem, problemDetail } = enabled;
      const before = { status: row.status, problem: row.problem, problemDetail: row.problemDetail };
      emitWebhook(ctx, 'enabled', id, { before, after: { status, problem, problemDetail } });
      return true;
    }),
  );
}
