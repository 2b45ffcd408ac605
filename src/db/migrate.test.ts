import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createEmptyDatabase, createTestDatabase, type TestDatabase } from '../../tests/support/database.ts';
import { applyMigrations, readMigrationState } from './migrate.ts';
import { checksum } from './migrations/files.ts';

const first = `create table animal (id int primary key, name text not null);
create function shout(t text) returns text language plpgsql as $$ begin return upper(t) || '; !'; end; $$;
insert into animal values (1, 'a;b'), (2, '-- no comment'); -- ; not a statement
`;
const second = 'alter table animal add column legs int not null default 4;\n';

const waitingForLock = `
  select pid from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`;

let database: TestDatabase;
let directory: string;
let client: pg.Client;

beforeEach(async () => {
  database = await createEmptyDatabase();
  directory = mkdtempSync(join(tmpdir(), 'trato-migrations-'));
  client = await connect();
  write('20260101000000_first', first);
  write('20260102000000_second', second);
});

afterEach(async () => {
  await client.end();
  await database.drop();
  rmSync(directory, { recursive: true });
});

test('applies each file once, in order, and writes the rows that Prisma would', async () => {
  const lines: string[] = [];
  const apply = () => applyMigrations({ url: database.url, directory, log: (line) => lines.push(line) });
  expect(await apply()).toEqual({ applied: ['20260101000000_first', '20260102000000_second'] });
  expect(await apply()).toEqual({ applied: [] });
  expect(lines).toEqual(['applying migration 20260101000000_first', 'applying migration 20260102000000_second']);
  expect(await rows('select id, shout(name) as name, legs from animal order by id')).toEqual([
    { id: 1, name: 'A;B; !', legs: 4 },
    { id: 2, name: '-- NO COMMENT; !', legs: 4 },
  ]);
  const recorded = await rows('select * from _prisma_migrations order by migration_name');
  expect(recorded).toMatchObject([
    { checksum: checksum(first), logs: null, rolled_back_at: null, applied_steps_count: 1 },
    { checksum: checksum(second), logs: null, rolled_back_at: null, applied_steps_count: 1 },
  ]);
  for (const row of recorded) expect(row.finished_at).toBeInstanceOf(Date);
});

// All six have seen an empty database before the first may go on.
test('six processes that start at once apply every file once', async () => {
  await client.query('select pg_advisory_lock(72707369)');
  const script = fileURLToPath(new URL('../../tests/support/apply-migrations.ts', import.meta.url));
  const running = Promise.all(
    Array.from({ length: 6 }, async () => {
      const child = fork(script, [database.url, directory], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
      const [message] = await once(child, 'message');
      const [exit] = await once(child, 'exit');
      expect(exit).toBe(0);
      return message as string[];
    }),
  );
  await expect.poll(() => rows(waitingForLock)).toHaveLength(6);
  await client.query('select pg_advisory_unlock(72707369)');
  expect((await running).flat()).toEqual(['20260101000000_first', '20260102000000_second']);
  expect(await rows('select count(*)::int as n from _prisma_migrations')).toEqual([{ n: 2 }]);
});

describe('a file that fails', () => {
  test('leaves nothing behind, names the statement, and keeps what came before it', async () => {
    write('20260103000000_third', `create table plant (id int);\ninsert into animal values (1, 'twice');\n`);
    const error = await failure();
    expect(error).toMatchObject({ code: 'MIGRATION_FAILED' });
    expect(error.message).toMatch(/^migration 20260103000000_third failed at statement 2: duplicate key/);
    expect(await rows(`select to_regclass('plant') as plant`)).toEqual([{ plant: null }]);
    expect(await readMigrationState({ url: database.url, directory })).toEqual({
      applied: ['20260101000000_first', '20260102000000_second'],
      pending: ['20260103000000_third'],
    });
    write('20260103000000_third', 'create table plant (id int);');
    expect(await apply()).toEqual({ applied: ['20260103000000_third'] });
  });

  test('names the line where the server gives a position', async () => {
    write('20260103000000_third', `-- 🦊 counts once\ncreate table plant (id int);\nselect nothing from animal;\n`);
    expect((await failure()).message).toMatch(/third failed at line 3 \(character 54\): column "nothing" does not exist/);
  });

  test('is refused when it ends the transaction itself', async () => {
    write('20260103000000_third', 'create table plant (id int); commit;');
    const error = await failure();
    expect(error).toMatchObject({ code: 'MIGRATION_FAILED' });
    expect(error.message).toContain('ends its transaction itself');
  });
});

test('a connection cut in the middle leaves nothing behind, and the next run goes on', async () => {
  write('20260103000000_third', `create table plant (id int); select pg_advisory_lock(42);`);
  await client.query('select pg_advisory_lock(42)');
  const running = failure();
  await expect.poll(() => rows(waitingForLock)).toHaveLength(1);
  await client.query(`select pg_terminate_backend(pid) from (${waitingForLock}) as waiting`);
  const error = await running;
  expect(error).toMatchObject({ code: 'MIGRATION_FAILED' });
  expect(error.message).toContain('20260103000000_third failed at statement 2');
  expect(await rows(`select to_regclass('plant') as plant`)).toEqual([{ plant: null }]);
  await client.query('select pg_advisory_unlock(42)');
  expect(await apply()).toEqual({ applied: ['20260103000000_third'] });
});

test('tells that it waits for another process, and goes on when that has finished', async () => {
  await client.query('select pg_advisory_lock(72707369)');
  const lines: string[] = [];
  const running = applyMigrations({ url: database.url, directory, log: (line) => lines.push(line) });
  await expect.poll(() => lines).toContain('waiting for another process that is applying migrations');
  await expect.poll(() => lines.some((line) => line.startsWith('still waiting'))).toBe(true);
  await client.query('select pg_advisory_unlock(72707369)');
  expect((await running).applied).toHaveLength(2);
});

test('takes no lock when nothing is pending', async () => {
  await apply();
  await client.query('select pg_advisory_lock(72707369)');
  expect(await apply()).toEqual({ applied: [] });
});

test('refuses a database that is newer than the files', async () => {
  write('20260103000000_third', 'create table plant (id int);');
  await apply();
  rmSync(join(directory, '20260103000000_third'), { recursive: true });
  const error = await failure();
  expect(error).toMatchObject({ code: 'DATABASE_NEWER' });
  expect(error.message).toContain('20260103000000_third');
});

test('refuses a file that changed after it was applied, but not one whose line ends changed', async () => {
  await apply();
  write('20260101000000_first', first.replaceAll('\n', '\r\n'));
  expect(await apply()).toEqual({ applied: [] });
  write('20260101000000_first', `${first}-- more`);
  expect(await failure()).toMatchObject({
    code: 'MIGRATION_CHANGED',
    message: expect.stringContaining('20260101000000_first'),
  });
});

test('heeds what other tools wrote: unfinished is refused, rolled back does not count', async () => {
  await apply();
  await client.query(`update _prisma_migrations set finished_at = null where migration_name like '%second'`);
  expect(await failure()).toMatchObject({
    code: 'MIGRATION_FAILED',
    message: expect.stringContaining('never finished'),
  });
  await client.query(`update _prisma_migrations set rolled_back_at = now() where migration_name like '%second'`);
  await client.query('alter table animal drop column legs');
  expect(await apply()).toEqual({ applied: ['20260102000000_second'] });
});

test.each([
  ['a closed port', () => 'postgresql://crm:s3cr%40t@127.0.0.1:1/crm', 'ECONNREFUSED'],
  ['no such database', () => withParts({ pathname: '/absent_database' }), 'does not exist'],
  ['something else than a URL', () => 'postgresql://crm:s3cr%40t@:x/crm', 'cannot connect'],
])('reports %s in one line without the password', async (_, url, reason) => {
  const error = await applyMigrations({ url: url(), directory }).catch((thrown: Error) => thrown);
  expect(error).toMatchObject({ code: 'DATABASE_UNREACHABLE', message: expect.stringContaining(reason) });
  const { message } = error as Error;
  expect(message).not.toContain('\n');
  expect(message).not.toMatch(/s3cr|:[^/@:]*@/);
});

test('a cloned test database has every migration of the project', async () => {
  const clone = await createTestDatabase();
  try {
    expect((await readMigrationState({ url: clone.url })).pending).toEqual([]);
  } finally {
    await clone.drop();
  }
});

function write(name: string, sql: string): void {
  mkdirSync(join(directory, name), { recursive: true });
  writeFileSync(join(directory, name, 'migration.sql'), sql);
}

function apply(): Promise<{ applied: string[] }> {
  return applyMigrations({ url: database.url, directory });
}

async function failure(): Promise<Error> {
  return apply().then(
    () => expect.unreachable('the migrations were applied'),
    (error: Error) => error,
  );
}

async function connect(): Promise<pg.Client> {
  const opened = new pg.Client({ connectionString: database.url });
  await opened.connect();
  return opened;
}

async function rows(text: string): Promise<Record<string, unknown>[]> {
  return (await client.query(text)).rows;
}

function withParts(parts: { pathname: string }): string {
  return Object.assign(new URL(database.url), parts).href;
}
