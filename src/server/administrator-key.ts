// The first workspace's administrator key: given by TRATO_API_KEY, else generated here, and stored before the workspace
// knows it, so that a process killed in between leaves no workspace whose key nobody has.
import sql from 'sql-template-tag';
import { createApiKey, hashApiKey } from '../auth/api-key.ts';
import type { Database } from '../db/database.ts';
import { type Bootstrapped, bootstrapWorkspace } from '../modules/workspace/index.ts';
import type { Config } from './config.ts';
import { keyFile, readKey, storeKey } from './key-file.ts';

/** `SETTING`: the key that was given by TRATO_API_KEY, not to be printed. `FILE`: ours, printed. `UNKNOWN`: somebody else has it. */
export type KeyToShow = { from: 'SETTING' } | { from: 'FILE'; key: string } | { from: 'UNKNOWN' };

export type Opened = { key: KeyToShow; workspace: Bootstrapped };

/** Makes sure that there is a workspace, and tells which key opens it. */
export async function openWorkspace(db: Database, config: Config, say: (line: string) => void): Promise<Opened> {
  if (config.apiKey) return { key: { from: 'SETTING' }, workspace: await bootstrapWorkspace(db, { apiKey: config.apiKey, log: say }) };
  const stored = readKey(config.dataDir);
  // Whoever holds the embedded database's directory may open it; a shared database must not get a key from every process.
  if (config.databaseUrl && (await hasWorkspace(db))) {
    const workspace = await bootstrapWorkspace(db, { log: say });
    return { key: stored && (await isKnown(db, stored)) ? { from: 'FILE', key: stored } : { from: 'UNKNOWN' }, workspace };
  }
  const key = stored ?? createApiKey().token;
  if (!stored && !storeKey(config.dataDir, key)) say(`the API key cannot be stored in ${keyFile(config.dataDir)}: note it now`);
  const inFile = (line: string) => say(line.replace('TRATO_API_KEY', `the key in ${keyFile(config.dataDir)}`));
  return { key: { from: 'FILE', key }, workspace: await bootstrapWorkspace(db, { apiKey: key, log: inFile }) };
}

async function hasWorkspace(db: Database): Promise<boolean> {
  return (await db.query(sql`select from workspaces limit 1`)).length > 0;
}

async function isKnown(db: Database, key: string): Promise<boolean> {
  return (await db.query(sql`select from api_keys where hash = ${hashApiKey(key)} and revoked_at is null`)).length > 0;
}
