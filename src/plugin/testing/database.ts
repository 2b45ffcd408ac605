// Databases for test hosts, each of its own and new: nothing that is there already is touched.
import { randomBytes } from 'node:crypto';
import { inject } from 'vitest';
import { runOn, withDatabase } from '../../db/databases.ts';
import { startTemporaryDatabase } from '../../db/embedded/temporary.ts';
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
    return {
      url: withDatabase(url, name),
      drop: async () => void (await runOn(url, `drop database if exists ${name} with (force)`).finally(leave)),
    };
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
  const server = databaseUrl ? { url: databaseUrl, stop: async () => undefined } : await startTemporaryDatabase('host');
  const prefix = `trato_host_${randomBytes(4).toString('hex')}_`;
  const template = `${prefix}template`;
  try {
    await runOn(server.url, `create database ${template}`);
    await applyMigrations({ url: withDatabase(server.url, template) });
  } catch (error) {
    await server.stop();
    throw error;
  }
  const stop = async () => void (await runOn(server.url, `drop database if exists ${template} with (force)`).finally(server.stop));
  return { url: server.url, template, prefix, stop };
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
