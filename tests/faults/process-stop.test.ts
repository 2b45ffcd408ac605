// How a server process stops: what still finishes, what is cut off, and what a second signal does.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, realpath, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { until } from '../support/eventually.ts';
import { postQuery, startTestProcess, type TestProcess } from '../support/server.ts';

const KEY = 'trato-key-of-the-process-tests';
let folder: string;
let database: TestDatabase;
let processes: TestProcess[] = [];

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'trato-stop-')));
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
const onDatabase = (more = {}) =>
  start({ TRATO_DATA_DIR: join(folder, 'unused'), DATABASE_URL: database.url, TRATO_API_KEY: KEY, ...more });

/** Holds up every read of touch points, which nothing in the background looks at, until `release`. */
async function holdTouchPoints(): Promise<{ waiting(): Promise<number>; release(): Promise<void> }> {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await client.query('begin; lock table touch_points in access exclusive mode');
  return {
    // Tables of the other test databases, copies of one template, have the same oids.
    waiting: async () =>
      (
        await client.query(`select count(*)::int as n from pg_locks where not granted and relation = 'touch_points'::regclass
          and database = (select oid from pg_database where datname = current_database())`)
      ).rows[0].n,
    release: () => client.end(),
  };
}

async function startWithRunningRequest(env = {}) {
  const child = onDatabase(env);
  const { url } = await child.ready();
  const hold = await holdTouchPoints();
  const answer = postQuery(url, { query: '{ touchPoints(first: 1) { nodes { key } } }' }, { key: KEY }).catch((error: Error) => error);
  await until(async () => (await hold.waiting()) === 1);
  return { child, url, hold, answer };
}

test('SIGTERM: running requests finish, new ones find nobody, sockets are told to connect again, exit 0', async () => {
  const { child, url, hold, answer } = await startWithRunningRequest();
  const socket = new WebSocket(url.replace('http', 'ws'), 'graphql-transport-ws');
  const closed = new Promise((resolve) => socket.once('close', (code) => resolve(code)));
  await new Promise((resolve) => socket.once('open', resolve));
  child.kill('SIGTERM');
  expect(await closed).toBe(1012);
  await until(async () => (await fetch(`${new URL(url).origin}/healthz`).catch(() => 'refused')) === 'refused');
  expect(await hold.waiting()).toBe(1);
  await hold.release();
  expect(await answer).toMatchObject({ status: 200, data: { touchPoints: { nodes: expect.any(Array) } } });
  expect(await child.exited).toEqual({ code: 0, signal: null });
});

test('a request that takes too long is cut off, and the process ends all the same', async () => {
  const { child, hold, answer } = await startWithRunningRequest({ TRATO_DRAIN_MS: '200' });
  child.kill('SIGTERM');
  expect(await answer).toBeInstanceOf(Error);
  await hold.release();
  expect((await child.exited).code).toBe(0);
  expect(child.stderr()).toContain('cut off');
});

test('a further signal ends it at once', async () => {
  const { child, hold, answer } = await startWithRunningRequest();
  let over = false;
  void child.exited.then(() => (over = true));
  await until(() => {
    if (!over) child.kill('SIGTERM');
    return over;
  });
  expect((await child.exited).code).toBe(130);
  expect(await answer).toBeInstanceOf(Error);
  await hold.release();
});

test.skipIf(process.platform === 'win32')(
  'SIGTERM to npm, which passes it to a shell and no further: the server stops all the same',
  async () => {
    const npm = spawn('npm', ['run', 'start', '--ignore-scripts'], {
      cwd: fileURLToPath(new URL('../..', import.meta.url)),
      env: {
        ...process.env,
        NODE_ENV: 'production',
        TRATO_LOG_LEVEL: 'warn',
        TRATO_DEMO: '0',
        PORT: '0',
        TRATO_DATA_DIR: join(folder, 'unused'),
        DATABASE_URL: database.url,
        TRATO_API_KEY: KEY,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let stdout = '';
    npm.stdout.on('data', (bytes) => {
      stdout += bytes;
    });
    const exited = once(npm, 'exit');
    await until(() => /localhost:\d+\/graphql/.test(stdout));
    const url = `http://127.0.0.1:${/localhost:(\d+)/.exec(stdout)![1]}/healthz`;
    expect((await fetch(url)).status).toBe(200);
    npm.kill('SIGTERM');
    await exited;
    await until(async () => (await fetch(url).catch(() => 'refused')) === 'refused');
  },
);

test('SIGTERM in the middle of a start', async () => {
  const empty = join(folder, 'interrupted');
  const child = start({ TRATO_DATA_DIR: empty });
  await until(async () => (await stat(join(empty, 'postgres.lock')).catch(() => null)) !== null);
  child.kill('SIGTERM');
  expect(await child.exited).toEqual({ code: 0, signal: null });
  expect(child.stdout()).toBe('');
  await expect(readFile(join(empty, 'postgres', 'postmaster.pid'))).rejects.toThrow('ENOENT');
});
