import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, expect, test, vi } from 'vitest';
import { runOn, withDatabase } from '../../src/db/databases.ts';
import { createEmptyDatabase, createTestDatabase, type TestDatabase } from './database.ts';
import { startTestServer } from './test-server.ts';

const made: TestDatabase[] = [];

afterEach(async () => {
  vi.unstubAllEnvs();
  for (const database of made.splice(0)) await database.drop();
});

test('each test database is its own, also when many are made at once', async () => {
  const databases = await Promise.all(Array.from({ length: 4 }, createTestDatabase));
  made.push(...databases);
  await runOn(databases[0]?.url ?? '', 'create table only_here (id int)');
  const found = await Promise.all(databases.map(({ url }) => runOn(url, `select to_regclass('only_here')::text as name`)));
  expect(found.map(({ rows }) => rows[0].name)).toEqual(['only_here', null, null, null]);
});

test('an empty database has no table, a test database has those of the migrations', async () => {
  const [empty, full] = await Promise.all([createEmptyDatabase(), createTestDatabase()]);
  made.push(empty, full);
  const tables = `select tablename from pg_tables where schemaname = 'public'`;
  expect((await runOn(empty.url, tables)).rows).toEqual([]);
  expect((await runOn(full.url, tables)).rows).toContainEqual({ tablename: 'customers' });
});

test('a database is dropped although somebody is connected to it', async () => {
  const { url, drop } = await createEmptyDatabase();
  const client = new pg.Client({ connectionString: url });
  const errors: Error[] = [];
  client.on('error', (error) => errors.push(error));
  await client.connect();
  await drop();
  await expect.poll(() => errors).toContainEqual(expect.objectContaining({ code: '57P01' }));
  await expect(runOn(url, 'select 1')).rejects.toMatchObject({ code: '3D000' });
});

test('on a given server, a run drops whatever it made there', async () => {
  const database = await createEmptyDatabase();
  made.push(database);
  vi.stubEnv('TEST_DATABASE_URL', database.url);
  const server = await startTestServer();
  await runOn(server.url, `create database ${server.prefix}left_over template ${server.template}`);
  await server.stop();
  const left = `select datname from pg_database where starts_with(datname, '${server.prefix}')`;
  expect((await runOn(database.url, left)).rows).toEqual([]);
  expect((await runOn(withDatabase(database.url, 'postgres'), 'select 1 as one')).rows).toEqual([{ one: 1 }]);
});

test('a server of its own goes with its folder, and takes away the folder of a run that was killed', async () => {
  vi.stubEnv('TEST_DATABASE_URL', '');
  const dead = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
  await once(dead, 'exit');
  const abandoned = mkdtempSync(join(tmpdir(), `trato-test-${dead.pid}-`));
  const server = await startTestServer();
  expect(existsSync(abandoned)).toBe(false);
  expect(ownFolders()).not.toEqual([]);
  await server.stop();
  expect(ownFolders()).toEqual([]);
  await expect(runOn(server.url, 'select 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

// The run's own server belongs to the main process; this test's belongs to the worker.
function ownFolders(): string[] {
  return readdirSync(tmpdir()).filter((name) => name.startsWith(`trato-test-${process.pid}-`));
}
