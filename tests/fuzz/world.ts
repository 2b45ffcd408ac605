// What is read: one workspace full of everything, a second one of look-alikes, and those who ask.
import sql, { raw } from 'sql-template-tag';
import type { Queryable } from '../../src/db/database.ts';
import { type Database, openDatabase } from '../../src/db/database.ts';
import { type ModelName, models } from '../../src/db/models.ts';
import '../../src/modules/all.ts';
import { createWorkspace } from '../../src/modules/workspace/index.ts';
import { loadTables, type Tables } from '../support/oracle/index.ts';
import { fillEvents } from './event-rows.ts';
import { createRandom } from './random.ts';
import { fillRows, type Vocabulary } from './rows.ts';
import { makeViewers, type NamedViewer } from './viewers.ts';

export type World = {
  db: Database;
  tables: Tables;
  workspaceId: string;
  viewers: NamedViewer[];
  close(): Promise<void>;
};

/** Fills an empty, migrated database. The same seed gives the same rows but for the words that every workspace starts with. */
export async function makeWorld(url: string, seed: number): Promise<World> {
  const db = openDatabase(url, { max: 6 });
  const workspaces = [];
  for (const key of ['fuzzed', 'look-alike']) {
    const { workspaceId } = await createWorkspace(db, { key, name: 'Fuzzed', country: 'GB' });
    const vocabulary = {} as Vocabulary;
    for (const model of ['Channel', 'InteractionKind', 'RelationshipKind', 'LifecycleStage', 'TouchPoint', 'Role'] as const)
      vocabulary[model] = await idsOf(db, model, workspaceId);
    await addOdds(db, workspaceId);
    // Rows of the same ids with other values: a join that forgets the workspace finds the wrong ones.
    const made = await fillRows(db, createRandom(key === 'fuzzed' ? seed : seed + 1), createRandom(seed), {
      workspaceId,
      shift: workspaces.length,
      vocabulary,
    });
    const [keyRow] = await db.query<{ id: string; roleId: string }>(
      sql`select id, role_id as "roleId" from api_keys where workspace_id = ${workspaceId}::uuid`,
    );
    workspaces.push({ workspaceId, made, users: made.User!.map(({ id }) => id), key: keyRow! });
  }
  const [first, second] = workspaces as [(typeof workspaces)[number], (typeof workspaces)[number]];
  const random = createRandom(seed + 2);
  await fillEvents(db, random, workspaces, 300);
  const viewers = await makeViewers(db, random, first, second);
  await db.execute(sql`analyze`);
  return { db, tables: await loadTables(db), workspaceId: first.workspaceId, viewers, close: () => db.close() };
}

async function idsOf(db: Queryable, model: ModelName, workspaceId: string): Promise<string[]> {
  const rows = await db.query<{ id: string }>(
    sql`select id from ${raw(models[model].table)} where workspace_id = ${workspaceId}::uuid order by key`,
  );
  return rows.map(({ id }) => id);
}

/** What the words of a new workspace lack: roles with scopes and hidden fields, keys that ended, archived words. */
async function addOdds(db: Queryable, workspaceId: string): Promise<void> {
  await db.execute(sql`update roles set row_scope = '{"customers": "TEAM", "interactions:read": "OWN"}', hidden_fields = '{Customer.birthDate,Interaction.value}', description = 'Odd'
    where workspace_id = ${workspaceId}::uuid and key = 'sales'`);
  await db.execute(
    sql`update channels set archived_at = '2025-03-01T00:00:00Z', description = 'Gone' where workspace_id = ${workspaceId}::uuid and key = 'fax'`,
  );
  await db.execute(
    sql`update lifecycle_stages set team_id = null, description = 'Here' where workspace_id = ${workspaceId}::uuid and position = 0`,
  );
  await db.execute(sql`insert into api_keys (workspace_id, id, name, prefix, hash, role_id, expires_at, revoked_at)
    select workspace_id, gen_random_uuid(), 'Old key', 'trato_old', 'no hash ' || id, id, '2025-06-01T00:00:00Z', '2025-05-01T00:00:00Z' from roles where workspace_id = ${workspaceId}::uuid and key in ('sales', 'service')`);
}
