// The seeded database of the read benchmarks, kept in a folder of the system's temporary directory between runs. The
// folder's name holds a hash of the migrations and of the seed: when one changes there is a new one.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { openDatabase } from '../../src/db/database.ts';
import { startEmbeddedDatabase } from '../../src/db/embedded/index.ts';
import { applyMigrations } from '../../src/db/migrate.ts';
import { migrationsDirectory, readMigrationFiles } from '../../src/db/migrations/files.ts';
import { createWorkspace } from '../../src/modules/workspace/index.ts';
import { seed } from './seed.ts';

export const API_KEY = 'bench-reads-administrator-key-0123456789';
const PREFIX = 'trato-bench-reads-';

/** What fits into memory is what is measured: the cache holds the whole database. */
const settings = { shared_buffers: '1GB', max_wal_size: '4GB', autovacuum: 'off' };

export type ReadsDatabase = {
  url: string;
  /** Pid of the database server. */
  pid: number;
  workspaceId: string;
  /** Where things that belong to this database may be kept. */
  folder: string;
  stop(): Promise<void>;
};

/** Starts the seeded database, and makes it first where there is none, saying how long that took. */
export async function startReadsDatabase(): Promise<ReadsDatabase> {
  const folder = join(tmpdir(), PREFIX + (await hashOfMaking()));
  const seeded = join(folder, 'seeded');
  const fresh = !existsSync(seeded);
  if (fresh) await makeRoom(folder);
  await mkdir(folder, { recursive: true });
  const server = await startEmbeddedDatabase({ dataDir: join(folder, 'data'), settings });
  try {
    if (fresh) {
      const { milliseconds, workspaceId } = await make(server.url);
      await writeFile(seeded, workspaceId);
      console.log(`seeded 100,000 customers and 1,100,000 interactions in ${(milliseconds / 1000).toFixed(0)} s`);
    }
    return { url: server.url, pid: server.pid, workspaceId: await readFile(seeded, 'utf8'), folder, stop: server.stop };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

async function hashOfMaking(): Promise<string> {
  const hash = createHash('sha256');
  for (const { name, sql } of await readMigrationFiles(migrationsDirectory)) hash.update(name).update(sql);
  hash.update(await readFile(join(import.meta.dirname, 'seed.ts')));
  return hash.digest('hex').slice(0, 12);
}

/** Removes a half-made folder, and those of other migrations or seeds that nobody uses now. */
async function makeRoom(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  for (const name of await readdir(tmpdir())) {
    const other = join(tmpdir(), name);
    if (name.startsWith(PREFIX) && !existsSync(join(other, 'data', 'postgres', 'postmaster.pid')))
      await rm(other, { recursive: true, force: true });
  }
}

async function make(url: string): Promise<{ milliseconds: number; workspaceId: string }> {
  await applyMigrations({ url });
  const db = openDatabase(url, { max: 1 });
  const { workspaceId } = await createWorkspace(db, { key: 'main', name: 'Bench', currency: 'GBP', country: 'GB', apiKey: API_KEY });
  await db.close();
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const started = performance.now();
  await seed(client, workspaceId).finally(() => client.end());
  return { milliseconds: performance.now() - started, workspaceId };
}
