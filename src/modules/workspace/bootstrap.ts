// The first start on an empty database, safely while several processes start at once.
import sql from 'sql-template-tag';
import { assertUsableApiKey, hashApiKey } from '../../auth/api-key.ts';
import type { Database, Transaction } from '../../db/database.ts';
import { addKey, administratorRole, createWorkspaceIn } from './create-workspace.ts';

export type BootstrapOptions = {
  /** `TRATO_API_KEY`: becomes an administrator key, also of a workspace that is there already. */
  apiKey?: string | null | undefined;
  /** Takes lines for people; keys are never in them. */
  log: (line: string) => void;
};

export type Bootstrapped = {
  /** UUID of the first workspace. */
  workspaceId: string;
  /** Whether this call made it. */
  created: boolean;
  /** The key given, or the one generated, which can be shown this once; null where neither. */
  apiKey: string | null;
};

const LOCK = 7_270_736_910;

/** Makes the first workspace where there is none, and sees to it that a given key opens it. Throws API_KEY_UNUSABLE. */
export async function bootstrapWorkspace(db: Database, { apiKey, log }: BootstrapOptions): Promise<Bootstrapped> {
  if (apiKey != null) assertUsableApiKey(apiKey);
  const lines: string[] = [];
  const done = await db.transaction(async (tx) => {
    lines.length = 0;
    await tx.query(sql`select pg_advisory_xact_lock(${LOCK}::int8)`);
    const [first] = await tx.query<{ id: string; key: string }>(sql`select id, key from workspaces order by created_at, id limit 1`);
    if (!first) {
      const made = await createWorkspaceIn(tx, {
        key: 'main',
        name: 'Main',
        currency: 'GBP',
        timeZone: 'Europe/London',
        country: 'GB',
        apiKey: apiKey ?? undefined,
      });
      lines.push('made the first workspace, "main"');
      return { ...made, created: true };
    }
    if (apiKey != null) lines.push(...(await admitKey(tx, first, apiKey)));
    return { workspaceId: first.id, created: false, apiKey: apiKey ?? null };
  });
  for (const line of lines) log(line);
  return done;
}

type KnownKey = { workspaceId: string; roleKey: string; revokedAt: Date | null; expired: boolean };

/** Has a given key open the workspace, and says what was done or why it will be refused. */
async function admitKey(tx: Transaction, workspace: { id: string; key: string }, token: string): Promise<string[]> {
  const [known] = await tx.query<KnownKey>(sql`select k.workspace_id as "workspaceId", r.key as "roleKey", k.revoked_at as "revokedAt",
    coalesce(k.expires_at <= now(), false) as expired
    from api_keys k join roles r on r.workspace_id = k.workspace_id and r.id = k.role_id where k.hash = ${hashApiKey(token)}`);
  if (known?.revokedAt) return ['TRATO_API_KEY was withdrawn and stays so: requests with it are refused; choose another one'];
  if (known?.expired) return ['TRATO_API_KEY has expired: requests with it are refused; choose another one'];
  if (known && known.workspaceId !== workspace.id) return ['TRATO_API_KEY is a key of another workspace and stays one'];
  if (known) return known.roleKey === 'administrator' ? [] : [`TRATO_API_KEY is a key with the role ${known.roleKey} and stays one`];
  const roleId = await administratorRole(tx, workspace.id);
  if (!roleId) return [`TRATO_API_KEY is not usable: the workspace "${workspace.key}" has no administrator role`];
  await addKey(tx, { workspaceId: workspace.id, roleId, token });
  return [`TRATO_API_KEY is new: it is now an administrator key of the workspace "${workspace.key}", beside those there were`];
}
