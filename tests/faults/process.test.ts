// The server as a process: how it starts, why it does not, how it stops, and what is left when it is killed.
import { chmod, mkdtemp, readFile, realpath, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { runOn } from '../../src/db/databases.ts';
import { isAlive } from '../../src/db/embedded/processes.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { until } from '../support/eventually.ts';
import { postQuery, startTestProcess, type TestProcess } from '../support/server.ts';

const KEY = 'trato-key-of-the-process-tests';
let folder: string;
let dataDir: string;
let database: TestDatabase;
let processes: TestProcess[] = [];

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'trato-process-')));
  dataDir = join(folder, 'data');
  await chmod(folder, 0o755);
  database = await createTestDatabase();
});
afterEach(async () => {
  for (const child of processes) child.kill('SIGKILL');
  await Promise.all(processes.map((child) => child.exited));
  processes = [];
});
afterAll(async () => {
  await database?.drop();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

function start(env: Record<string, string>): TestProcess {
  const child = startTestProcess({ TRATO_LOG_LEVEL: 'warn', TRATO_DEMO: '0', ...env });
  processes.push(child);
  return child;
}
const onEmbedded = (more = {}) => start({ TRATO_DATA_DIR: dataDir, ...more });
const onDatabase = (more = {}) =>
  start({ TRATO_DATA_DIR: join(folder, 'unused'), DATABASE_URL: database.url, TRATO_API_KEY: KEY, ...more });

/** What a start that must fail says, as one line on standard error, and nothing on standard output. */
async function failure(child: TestProcess): Promise<string> {
  const { code } = await child.exited;
  expect([code, child.stdout()]).toEqual([1, '']);
  expect(child.stderr().trimEnd()).not.toContain('\n');
  return child.stderr().trimEnd();
}

async function serverPid(): Promise<number> {
  return Number.parseInt(await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8'), 10);
}

const createChannel = (url: string, key: string, name: string) =>
  postQuery(
    url,
    {
      query: 'mutation ($key: String!) { channelCreate(input: { key: $key, name: $key }) { userErrors { code } } }',
      variables: { key: name },
    },
    { key },
  );
const countChannels = async (url: string, key: string) =>
  (await postQuery(url, { query: '{ channels(first: 1) { totalCount { value } } }' }, { key })).data.channels.totalCount.value as number;

describe('on a data directory', () => {
  let key: string;

  test('the first start prints what a person needs and stores the key for its owner only', async () => {
    const child = onEmbedded();
    const { url, key: printed } = await child.ready();
    key = printed;
    expect(child.stdout()).toContain(`Explorer  http://localhost:${new URL(url).port}/#key=${key}`);
    const curl = child
      .stdout()
      .split('\n')
      .find((line) => line.includes('curl '))!;
    expect(curl).toContain(`authorization: Bearer ${key}`);
    expect((await readFile(join(dataDir, 'api-key'), 'utf8')).trim()).toBe(key);
    expect((await stat(join(dataDir, 'api-key'))).mode & 0o777).toBe(0o600);
    expect(await countChannels(url, key)).toBeGreaterThan(0);
    expect(child.stderr()).not.toContain(key);
    child.kill('SIGTERM');
    expect(await child.exited).toEqual({ code: 0, signal: null });
  });

  test('SIGKILL: no database is left running, and the next start has every row and the same key', async () => {
    const child = onEmbedded();
    const { url } = await child.ready();
    const before = await countChannels(url, key);
    await createChannel(url, key, 'kept');
    const pid = await serverPid();
    child.kill('SIGKILL');
    await child.exited;
    await until(() => !isAlive(pid));
    const next = onEmbedded();
    const again = await next.ready();
    expect(again.key).toBe(key);
    expect(await countChannels(again.url, key)).toBe(before + 1);
    next.kill('SIGINT');
    expect(await next.exited).toEqual({ code: 0, signal: null });
  });

  test('a second start beside a running one', async () => {
    const child = onEmbedded();
    const { url } = await child.ready();
    const line = await failure(onEmbedded());
    expect(line).toContain(`The data directory ${dataDir} is in use by process ${child.pid}.`);
    expect(line).toContain('[DATA_DIR_IN_USE]');
    expect(await countChannels(url, key)).toBeGreaterThan(0);
  });

  test('a port in use: the embedded database is stopped again', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as { port: number };
    try {
      const line = await failure(onEmbedded({ PORT: String(port) }));
      expect(line).toMatch(new RegExp(`^trato: port ${port} of 127.0.0.1 is in use .* \\[PORT_IN_USE\\]$`));
      await expect(readFile(join(dataDir, 'postgres', 'postmaster.pid'))).rejects.toThrow('ENOENT');
    } finally {
      other.close();
    }
  });

  test('a key file that went missing is made anew, and the old key still works', async () => {
    await rm(join(dataDir, 'api-key'));
    const child = onEmbedded();
    const { url, key: other } = await child.ready();
    expect(other).not.toBe(key);
    expect(await countChannels(url, other)).toBe(await countChannels(url, key));
  });

  test('a database that dies under the server ends it with a reason', async () => {
    const child = onEmbedded();
    await child.ready();
    process.kill(await serverPid(), 'SIGKILL');
    expect((await child.exited).code).toBe(1);
    expect(child.stderr()).toContain('[EMBEDDED_DATABASE_FAILED]');
  });
});

describe('starts that fail', () => {
  test('settings: every bad one is named, no value is shown', async () => {
    const line = await failure(
      start({ PORT: '70000', DATABASE_URL: 'mysql://root:hunter2@x/y', TRATO_API_KEY: 'hunter2', TRATO_DEMO: 'perhaps' }),
    );
    expect(line).toMatch(
      /^trato: PORT must be at most 65535; DATABASE_URL must be .*; TRATO_API_KEY cannot be used: .*; TRATO_DEMO must be 1 or 0 \[CONFIG_INVALID\]$/,
    );
    expect(line).not.toContain('hunter2');
  });

  test('a database that nobody answers for', async () => {
    const line = await failure(onDatabase({ DATABASE_URL: 'postgresql://me:hunter2@127.0.0.1:1/x' }));
    expect(line).toMatch(/^trato: cannot connect to the database at postgresql:\/\/me@127.0.0.1:1\/x: .*\[DATABASE_UNREACHABLE\]$/);
  });

  test('a wrong password', async () => {
    const url = new URL(database.url);
    url.password = 'hunter2';
    const line = await failure(onDatabase({ DATABASE_URL: url.href }));
    expect(line).toMatch(/password authentication failed.*\[DATABASE_UNREACHABLE\]$/);
    expect(line).not.toContain('hunter2');
  });

  test('a database that is newer than the code', async () => {
    const newer = await createTestDatabase();
    try {
      await runOn(
        newer.url,
        `insert into _prisma_migrations (id, checksum, finished_at, migration_name, applied_steps_count) values ('x', 'x', now(), '29991231000000_future', 1)`,
      );
      expect(await failure(onDatabase({ DATABASE_URL: newer.url }))).toMatch(
        /^trato: the database is newer than this code.*29991231000000_future \[DATABASE_NEWER\]$/,
      );
    } finally {
      await newer.drop();
    }
  });
});

describe('several on one database', () => {
  test('both serve the one workspace, a given key is not printed, and another process without a key makes none', async () => {
    const [one, other] = [onDatabase(), onDatabase()];
    const urls = await Promise.all([one.ready(), other.ready()]);
    expect(one.stdout()).not.toContain(KEY);
    await createChannel(urls[0].url, KEY, 'shared');
    expect(await countChannels(urls[1].url, KEY)).toBe(await countChannels(urls[0].url, KEY));
    const keyless = onDatabase({ TRATO_API_KEY: '' });
    await keyless.ready();
    expect(keyless.stdout()).toContain('the one that this database was first started with');
    const { rows } = await runOn(
      database.url,
      'select (select count(*)::int from workspaces) as workspaces, (select count(*)::int from api_keys) as keys',
    );
    expect(rows).toEqual([{ workspaces: 1, keys: 1 }]);
  });
});
