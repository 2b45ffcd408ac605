// The PostgreSQL of a test run: TEST_DATABASE_URL if set, an embedded server in a temporary folder if not.
import { randomBytes } from 'node:crypto';
import { runOn, withDatabase } from '../../src/db/databases.ts';
import { startTemporaryDatabase } from '../../src/db/embedded/temporary.ts';
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
    /** What `seedOfRun` gave this run. */
    seed: number;
  }
}

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
  return startTemporaryDatabase('test', { max_connections: '200' });
}

async function dropAll(url: string, prefix: string): Promise<void> {
  const { rows } = await runOn(url, `select datname from pg_database where starts_with(datname, '${prefix}')`);
  for (const { datname } of rows) await runOn(url, `drop database if exists ${datname} with (force)`);
}
