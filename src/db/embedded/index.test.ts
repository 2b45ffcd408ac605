import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, cp, lstat, mkdir, mkdtemp, readdir, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type EmbeddedDatabase, startEmbeddedDatabase } from './index.ts';
import { isAlive } from './processes.ts';

const isRoot = process.getuid?.() === 0;
let folder: string;
let dataDir: string;
const outside: string[] = [];
let running: EmbeddedDatabase[] = [];

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'trato-embedded-test-')));
  dataDir = join(folder, 'data');
  await chmod(folder, 0o755);
});
afterEach(async () => {
  await Promise.all(running.map((database) => database.stop()));
  running = [];
});
afterAll(async () => {
  for (const cluster of outside) await rm(dirname(cluster), { recursive: true, force: true });
  await rm(folder, { recursive: true, force: true });
});

async function start(dir = dataDir, options: { log?: (line: string) => void; settings?: Record<string, string> } = {}) {
  const database = await startEmbeddedDatabase({ dataDir: dir, ...options });
  running.push(database);
  return database;
}

async function query(url: string, text: string): Promise<unknown[][]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query({ text, rowMode: 'array' })).rows;
  } finally {
    await client.end();
  }
}

test('starts on nothing: a safe server, reachable from this machine only, that sorts the same everywhere', async () => {
  const { url } = await start();
  const settings = [
    'server_version_num',
    'server_encoding',
    'listen_addresses',
    'unix_socket_directories',
    'fsync',
    'data_checksums',
    'TimeZone',
  ];
  const [[version, ...values] = []] = await query(url, `select ${settings.map((name) => `current_setting('${name}')`).join(', ')}`);
  expect(Number(version)).toBeGreaterThanOrEqual(180_000);
  expect(values).toEqual(['UTF8', '127.0.0.1', '', 'on', 'on', 'UTC']);
  expect(await query(url, 'select datname, datlocprovider, datlocale from pg_database where datname = current_database()')).toEqual([
    ['trato', 'b', 'C.UTF-8'],
  ]);
  expect(await query(url, "select upper('é'), 'Z' < 'a', 'z' < 'é'")).toEqual([['É', true, true]]);
  expect(await query(url, 'select distinct auth_method from pg_hba_file_rules')).toEqual([['scram-sha-256']]);
});

test('keeps data and password over a restart; the password is for the owner only', async () => {
  const first = await start();
  await query(first.url, 'create table kept (value int); insert into kept values (42)');
  await first.stop();
  expect(isAlive(first.pid)).toBe(false);
  const second = await start();
  expect(await query(second.url, 'select value from kept')).toEqual([[42]]);
  expect(new URL(second.url).password).toBe(new URL(first.url).password);
  for (const file of ['postgres.password', 'postgres.log', 'postgres.lock'])
    expect((await stat(join(dataDir, file))).mode & 0o777).toBe(0o600);
  const wrong = second.url.replace(/:[^:@]+@/, ':wrong@');
  await expect(query(wrong, 'select 1')).rejects.toMatchObject({ code: '28P01' });
});

test('takes settings, over its own', async () => {
  const { url } = await start(dataDir, { settings: { max_connections: '37' } });
  expect(await query(url, "select current_setting('max_connections')")).toEqual([['37']]);
});

test('refuses a second start while the first lives, from this process and from another, and harms nothing', async () => {
  const first = await start();
  const refusal = { code: 'DATA_DIR_IN_USE', message: expect.stringMatching(new RegExp(`${dataDir}.*${process.pid}`)) };
  await expect(startEmbeddedDatabase({ dataDir })).rejects.toMatchObject(refusal);
  const code = `
    import { startEmbeddedDatabase } from ${JSON.stringify(new URL('./index.ts', import.meta.url).href)};
    startEmbeddedDatabase({ dataDir: ${JSON.stringify(dataDir)} }).catch((error) => console.log(JSON.stringify({ code: error.code, message: error.message })));`;
  const other = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [output] = await Promise.all([text(other.stdout), once(other, 'exit')]);
  expect(JSON.parse(output)).toMatchObject(refusal);
  expect(await query(first.url, 'select 1')).toEqual([[1]]);
});

async function text(stream: AsyncIterable<Buffer>): Promise<string> {
  let all = '';
  for await (const chunk of stream) all += chunk;
  return all;
}

test('two starts at the same moment: one runs, the other is told so', async () => {
  const results = await Promise.allSettled([start(), start()]);
  expect(results.map((result) => result.status).sort()).toEqual(['fulfilled', 'rejected']);
  expect(results.find((result) => result.status === 'rejected')?.reason).toMatchObject({ code: 'DATA_DIR_IN_USE' });
});

test('a pid file whose pid was given to another program does not stop the start, and that program lives', async () => {
  const bystander = spawn(process.execPath, ['-e', 'process.stdin.resume()'], { stdio: ['pipe', 'ignore', 'ignore'] });
  await once(bystander, 'spawn');
  try {
    await writeFile(
      join(dataDir, 'postgres', 'postmaster.pid'),
      `${bystander.pid}\n${join(dataDir, 'postgres')}\n1700000000\n5432\n\n127.0.0.1\n  1234567   1\nready   \n`,
    );
    const { url } = await start();
    expect(await query(url, 'select value from kept')).toEqual([[42]]);
    expect(isAlive(bystander.pid ?? 0)).toBe(true);
  } finally {
    bystander.kill();
  }
});

test('a lost password file is replaced', async () => {
  await rm(join(dataDir, 'postgres.password'));
  const { url } = await start();
  expect(await query(url, 'select value from kept')).toEqual([[42]]);
});

test('says so when the server ends by itself, and then starts again on the same data', async () => {
  const { pid, failed, stop } = await start();
  process.kill(pid, 'SIGKILL');
  expect(await failed).toMatch(/ended unexpectedly \(SIGKILL\)/);
  await stop();
  const { url } = await start();
  expect(await query(url, 'select value from kept')).toEqual([[42]]);
});

test('refuses data of another major version, and what is no database', async () => {
  const marker = join(dataDir, 'postgres', 'PG_VERSION');
  const own = await readFile(marker, 'utf8');
  await writeFile(marker, '17\n');
  await expect(startEmbeddedDatabase({ dataDir })).rejects.toMatchObject({
    code: 'DATA_DIR_WRONG_VERSION',
    message: expect.stringContaining('PostgreSQL 17'),
  });
  await rm(marker);
  await expect(startEmbeddedDatabase({ dataDir })).rejects.toMatchObject({
    code: 'DATA_DIR_UNUSABLE',
    message: expect.stringContaining('PG_VERSION'),
  });
  await writeFile(marker, own);
});

test('a data directory that cannot be made is one clear line', async () => {
  await writeFile(join(folder, 'file'), '');
  await expect(startEmbeddedDatabase({ dataDir: join(folder, 'file', 'data') })).rejects.toMatchObject({
    code: 'DATA_DIR_UNUSABLE',
    message: expect.not.stringContaining('\n'),
  });
});

test('a log that cannot be written is one clear line', async () => {
  await rename(join(dataDir, 'postgres.log'), join(dataDir, 'log.old'));
  await mkdir(join(dataDir, 'postgres.log'));
  await expect(startEmbeddedDatabase({ dataDir })).rejects.toMatchObject({
    code: 'EMBEDDED_DATABASE_FAILED',
    message: expect.stringMatching(/EISDIR[^\n]*postgres\.log[^\n]*$/),
  });
  await rm(join(dataDir, 'postgres.log'), { recursive: true });
});

// Only root hands the database to a user who may be shut out; for others these tests have no meaning and are skipped.
test.skipIf(!isRoot)('root: data that moved below a folder the database user cannot enter is taken outside', async () => {
  const lines: string[] = [];
  await chmod(folder, 0o700);
  const { url, stop } = await start(dataDir, { log: (line) => lines.push(line) });
  expect(lines.filter((line) => line.includes('cannot enter'))).toHaveLength(1);
  expect(await query(url, 'select value from kept')).toEqual([[42]]);
  expect((await lstat(join(dataDir, 'postgres'))).isSymbolicLink()).toBe(true);
  expect((await readdir(dataDir)).filter((name) => name.includes('moved'))).toEqual([]);
  outside.push(await realpath(join(dataDir, 'postgres')));
  expect(outside[0]).not.toContain(folder);
  await stop();

  const copy = join(folder, 'copy');
  await cp(dataDir, copy, { recursive: true, verbatimSymlinks: true });
  const again = await start(dataDir, { log: (line) => lines.push(line) });
  expect(await query(again.url, 'select value from kept')).toEqual([[42]]);
  expect(lines.filter((line) => line.includes('cannot enter'))).toHaveLength(1);
  // A copied data directory holds a link to the same database.
  await expect(startEmbeddedDatabase({ dataDir: copy })).rejects.toMatchObject({ code: 'DATA_DIR_IN_USE' });
  expect(await query(again.url, 'select 1')).toEqual([[1]]);
});

test.skipIf(!isRoot)('root: a new data directory below such a folder, and again after it was deleted', async () => {
  const closed = join(folder, 'closed');
  await mkdir(closed, { mode: 0o700 });
  const inside = join(closed, 'data');
  const first = await start(inside);
  await query(first.url, 'create table old (value int)');
  await first.stop();
  const cluster = await realpath(join(inside, 'postgres'));
  await rm(inside, { recursive: true });
  const second = await start(inside);
  expect(await query(second.url, "select to_regclass('old')")).toEqual([[null]]);
  await second.stop();
  // A data directory in the temporary folder that is gone takes its cluster with it when another one is placed there.
  await rm(closed, { recursive: true });
  await mkdir(closed, { mode: 0o700 });
  await start(join(closed, 'other'));
  outside.push(await realpath(join(closed, 'other', 'postgres')));
  await expect(stat(cluster)).rejects.toMatchObject({ code: 'ENOENT' });
});
