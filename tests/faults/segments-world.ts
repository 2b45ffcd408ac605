// The world of the test of segments under kills: a server process that is killed and started anew, what it decides about,
// and whoever holds it up in the middle of its work.
import pg from 'pg';
import sql from 'sql-template-tag';
import { systemViewer } from '../../src/auth/system-viewer.ts';
import { type Command, runCommand } from '../../src/commands/command.ts';
import { type Database, openDatabase } from '../../src/db/database.ts';
import { newId } from '../../src/lib/typeid.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { postQuery, startTestProcess, type TestProcess } from '../support/server.ts';

const KEY = 'trato-key-of-the-segment-faults';

export type World = {
  db: Database;
  url: string;
  workspaceId: string;
  /** Makes something through the API of the running server; answers its id. */
  create(noun: string, input: object): Promise<string>;
  /** Runs a command that must succeed, in this process. */
  run<Input, Result>(command: Command<Input, Result>, input: unknown): Promise<Result>;
  /** Kills the server in whatever it does and starts another at once. */
  killAndRestart(): Promise<void>;
  /** Waits until the server answers. */
  ready(): Promise<void>;
  /** What the servers said on standard error. */
  complaints(): string;
  stop(): Promise<void>;
};

export async function createSegmentWorld(): Promise<World> {
  const database = await createTestDatabase();
  const db = openDatabase(database.url, { max: 6 });
  const processes: TestProcess[] = [start(database)];
  const current = () => processes.at(-1)!;
  async function stop(): Promise<void> {
    for (const child of processes) child.kill('SIGKILL');
    await Promise.all(processes.map((child) => child.exited));
    await db.close();
    await database.drop();
  }
  try {
    await current().ready();
  } catch (error) {
    await stop();
    throw error;
  }
  const [workspace] = await db.query<{ id: string }>(sql`select id from workspaces`);
  const viewer = systemViewer(workspace!.id);
  return {
    db,
    url: database.url,
    workspaceId: workspace!.id,
    async create(noun, input) {
      const type = `${noun.charAt(0).toUpperCase()}${noun.slice(1)}CreateInput!`;
      const query = `mutation ($input: ${type}) { ${noun}Create(input: $input) { ${noun} { id } userErrors { code path } } }`;
      const { url } = await current().ready();
      const { data, errors } = await postQuery(url, { query, variables: { input } }, { key: KEY });
      const made = data?.[`${noun}Create`];
      if (!made?.[noun]) throw new Error(`${noun}: ${JSON.stringify([errors, made?.userErrors])}`);
      return made[noun].id;
    },
    async run(command, input) {
      const { result, userErrors } = await runCommand({ db, viewer, requestId: newId() }, command, input);
      if (result === null) throw new Error(JSON.stringify(userErrors));
      return result;
    },
    async killAndRestart() {
      const victim = current();
      victim.kill('SIGKILL');
      await victim.exited;
      processes.push(start(database));
    },
    ready: async () => void (await current().ready()),
    complaints: () => processes.map((child) => child.stderr()).join(''),
    stop,
  };
}

const start = ({ url }: TestDatabase) =>
  startTestProcess({ TRATO_LOG_LEVEL: 'warn', TRATO_DEMO: '0', DATABASE_URL: url, TRATO_API_KEY: KEY });

export type Barrier = { met(): Promise<boolean>; lift(): Promise<void> };

/** Lets nobody write to a table: whoever comes to it stands still in the middle of its transaction until it is lifted. */
export async function raiseBarrier({ db, url }: World, table: string): Promise<Barrier> {
  const client = new pg.Client(url);
  await client.connect();
  await client.query('begin');
  await client.query(`lock table ${table} in share mode`);
  const { rows } = await client.query('select pg_backend_pid() as pid');
  return {
    async met() {
      const waiting = await db.query(sql`select 1 from pg_locks l where not l.granted and l.relation = ${table}::regclass
        and ${rows[0].pid as number}::int = any(pg_blocking_pids(l.pid))`);
      return waiting.length > 0;
    },
    lift: () => client.end(),
  };
}
