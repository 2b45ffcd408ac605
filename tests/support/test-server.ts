// The PostgreSQL of a test run: TEST_DATABASE_URL if set, an embedded server in a temporary folder if not.
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startEmbeddedDatabase } from '../../src/db/embedded/index.ts';
import { applyMigrations } from '../../src/db/migrate.ts';

export type TestServer = {
  /** A database to connect to for creating and dropping others. */
  url: string;
  /** Name of a database with all migrations applied, to be cloned. */
  template: string;
  /** What the name of every database of this run begins with. */
  prefix: string;
  stop(): Promise<void>;
};

declare module 'vitest' {
  interface ProvidedContext {
    /** Where a test file asks for the run's database server; see `database.ts`. */
    testServer: string;
  }
}

// What is lost in a crash does not matter here; what is gained is most of the time that commits take.
const settings = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  max_connections: '200',
};

export async function startTestServer(): Promise<TestServer> {
  const { url, stop } = await findServer();
  try {
    const prefix = `trato_${randomBytes(4).toString('hex')}_`;
    const template = `${prefix}template`;
    await runOn(url, `create database ${template}`);
    await applyMigrations({ url: withDatabase(url, template) });
    return { url, template, prefix, stop: () => dropAll(url, prefix).finally(stop) };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function findServer(): Promise<{ url: string; stop(): Promise<void> }> {
  const given = process.env.TEST_DATABASE_URL;
  if (given) return { url: given, stop: async () => undefined };
  await removeAbandoned();
  const folder = await mkdtemp(join(tmpdir(), `trato-test-${process.pid}-`));
  const remove = () => rm(folder, { recursive: true, force: true, maxRetries: 5 });
  try {
    const server = await startEmbeddedDatabase({ dataDir: join(folder, 'data'), settings });
    return { url: server.url, stop: () => server.stop().finally(remove) };
  } catch (error) {
    await remove();
    throw error;
  }
}

// A run that was killed leaves its folder behind; its server has stopped with it.
async function removeAbandoned(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = Number(name.match(/^trato-test-(\d+)-/)?.[1]);
    if (pid > 0 && !isAlive(pid)) await rm(join(tmpdir(), name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as { code?: string }).code === 'EPERM';
  }
}

async function dropAll(url: string, prefix: string): Promise<void> {
  const { rows } = await runOn(url, `select datname from pg_database where starts_with(datname, '${prefix}')`);
  for (const { datname } of rows) await runOn(url, `drop database if exists ${datname} with (force)`);
}

/** Runs one statement on a connection of its own. */
export async function runOn(url: string, text: string): Promise<pg.QueryResult> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await client.query(text);
  } finally {
    await client.end();
  }
}

/** The same server, another database. */
export function withDatabase(url: string, database: string): string {
  const changed = new URL(url);
  changed.pathname = `/${database}`;
  return changed.href;
}
