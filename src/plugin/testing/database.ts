// Databases for test hosts, each of its own and new: nothing that is there already is touched.
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { inject } from 'vitest';
import { startEmbeddedDatabase } from '../../db/embedded/index.ts';
import { applyMigrations } from '../../db/migrate.ts';

export type HostDatabase = { url: string; drop(): Promise<void> };

/** A server of PostgreSQL, and on it a database with all migrations of the core, to be cloned. */
type Base = { url: string; template: string; prefix: string; stop(): Promise<void> };

let base: Promise<Base> | undefined;
let users = 0;

/**
 * Makes a database with the core's migrations: on the server of `databaseUrl`, else of DATABASE_URL, else on an embedded
 * one that the hosts of this process share. Its user must be allowed to make databases.
 */
export async function createHostDatabase(databaseUrl?: string): Promise<HostDatabase> {
  users += 1;
  base ??= findBase(databaseUrl);
  base.catch(() => undefined);
  try {
    const { url, template, prefix } = await base;
    const name = `${prefix}${randomBytes(6).toString('hex')}`;
    await runOn(url, `create database ${name} template ${template} strategy file_copy`);
    return { url: withDatabase(url, name), drop: () => runOn(url, `drop database if exists ${name} with (force)`).finally(leave) };
  } catch (error) {
    await leave();
    throw error;
  }
}

async function leave(): Promise<void> {
  users -= 1;
  if (users > 0) return;
  const last = base;
  base = undefined;
  await (await last?.catch(() => undefined))?.stop();
}

async function findBase(databaseUrl = process.env.DATABASE_URL): Promise<Base> {
  const shared = databaseUrl ? undefined : sharedServer();
  if (shared) return shared;
  const server = databaseUrl ? { url: databaseUrl, stop: async () => undefined } : await startEmbedded();
  const prefix = `trato_host_${randomBytes(4).toString('hex')}_`;
  const template = `${prefix}template`;
  try {
    await runOn(server.url, `create database ${template}`);
    await applyMigrations({ url: withDatabase(server.url, template) });
  } catch (error) {
    await server.stop();
    throw error;
  }
  const drop = () => runOn(server.url, `drop database if exists ${template} with (force)`);
  return { url: server.url, template, prefix, stop: () => drop().finally(server.stop) };
}

/** The server of this repository's own test run; undefined in anybody else's. */
function sharedServer(): Promise<Base> | undefined {
  try {
    const broker = inject('testServer' as never) as string | undefined;
    if (!broker) return undefined;
    return fetch(broker).then(async (response) => {
      if (!response.ok) throw new Error(`the test database server did not start: ${await response.text()}`);
      return { ...((await response.json()) as Omit<Base, 'stop'>), stop: async () => undefined };
    });
  } catch {
    return undefined; // not in a test
  }
}

async function startEmbedded(): Promise<{ url: string; stop(): Promise<void> }> {
  await removeAbandoned();
  const folder = await mkdtemp(join(tmpdir(), `trato-host-${process.pid}-`));
  const remove = () => rm(folder, { recursive: true, force: true, maxRetries: 5 });
  // What is lost in a crash does not matter here.
  const settings = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };
  try {
    const server = await startEmbeddedDatabase({ dataDir: join(folder, 'data'), settings });
    return { url: server.url, stop: () => server.stop().finally(remove) };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** A run that was killed leaves its folder behind; its server has stopped with it. */
async function removeAbandoned(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = Number(name.match(/^trato-host-(\d+)-/)?.[1]);
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

async function runOn(url: string, text: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(text);
  } finally {
    await client.end();
  }
}

function withDatabase(url: string, database: string): string {
  const changed = new URL(url);
  changed.pathname = `/${database}`;
  return changed.href;
}
