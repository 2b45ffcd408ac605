// A seeded database of one size, kept in a folder of the system's temporary directory between runs; its name holds a hash
// of the migrations and of the seed.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { openDatabase } from '../../src/db/database.ts';
import { startEmbeddedDatabase } from '../../src/db/embedded/index.ts';
import { applyMigrations } from '../../src/db/migrate.ts';
import { migrationsDirectory, readMigrationFiles } from '../../src/db/migrations/files.ts';
import { createWorkspace } from '../../src/modules/workspace/index.ts';
import { seed } from './seed.ts';

export const API_KEY = 'bench-segments-administrator-key-0123456789';
const settings = { shared_buffers: '2GB', max_wal_size: '8GB', checkpoint_timeout: '30min' };

export type SegmentsDatabase = { url: string; pid: number; workspaceId: string; stop(): Promise<void> };

/** Starts the database of a company of `customers`, and makes it first where there is none. */
export async function startSegmentsDatabase(customers: number): Promise<SegmentsDatabase> {
  const folder = join(tmpdir(), `trato-bench-segments-${customers}-${await hashOfMaking()}`);
  const seeded = join(folder, 'seeded');
  const fresh = !existsSync(seeded);
  if (fresh) await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const server = await startEmbeddedDatabase({ dataDir: join(folder, 'data'), settings });
  try {
    if (fresh) {
      const { milliseconds, workspaceId } = await make(server.url, customers);
      await writeFile(seeded, workspaceId);
      console.log(`seeded ${customers.toLocaleString('en')} customers in ${(milliseconds / 1000).toFixed(0)} s`);
    }
    return { url: server.url, pid: server.pid, workspaceId: await readFile(seeded, 'utf8'), stop: server.stop };
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

async function make(url: string, customers: number): Promise<{ milliseconds: number; workspaceId: string }> {
  await applyMigrations({ url });
  const db = openDatabase(url, { max: 1 });
  const { workspaceId } = await createWorkspace(db, { key: 'main', name: 'Bench', currency: 'GBP', country: 'GB', apiKey: API_KEY });
  await db.close();
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const milliseconds = await seed(client, workspaceId, customers).finally(() => client.end());
  return { milliseconds, workspaceId };
}
