// A log written by several API processes at once, and clients that follow it.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import sql from 'sql-template-tag';
import { expect } from 'vitest';
import { openDatabase } from '../../src/db/database.ts';
import { bootstrapWorkspace } from '../../src/modules/workspace/index.ts';
import { createTestDatabase } from '../support/database.ts';
import { until } from '../support/eventually.ts';
import { addCustomers, prepareCustomers } from './events-support.ts';
import { type FeedClient, startFeedClient, type Transport } from './feeds-clients.ts';

export type FeedRun = {
  processes: number;
  customers: number;
  /** Written by all processes that were started first; a few are rolled back, and what replaces a killed one writes as much again. */
  events: number;
  writersOfEach: number;
  /** `breakAfter`: items on a connection before it breaks off, on the average; a client without stays at its process. */
  clients: { transport: Transport; breakAfter?: number }[];
  /** How many processes are killed and replaced meanwhile. */
  kills: number;
  limitMs: number;
};

export type FeedReport = { events: number; seconds: number; begun: number[]; lagged: number };

type Process = { child: ChildProcess; origin: string; written: Promise<unknown> };

/** Runs it and asserts that every client ends with every event, once, in order for each customer. */
export async function runFeeds(run: FeedRun): Promise<FeedReport> {
  const database = await createTestDatabase();
  const db = openDatabase(database.url, { max: 4, onError() {} });
  const { apiKey, workspaceId } = await bootstrapWorkspace(db, { log: () => {} });
  await prepareCustomers(db);
  const customers = await addCustomers(db, run.customers);
  let processes: Process[] = [];
  const clients: FeedClient[] = [];
  const start = () => startProcess(database.url, workspaceId, { ...run, customers });
  const began = Date.now();
  try {
    processes = await Promise.all(Array.from({ length: run.processes }, start));
    for (const [i, client] of run.clients.entries()) {
      const own = processes[i % processes.length]!.origin;
      const any = () => processes[Math.floor(Math.random() * processes.length)]!.origin;
      clients.push(startFeedClient({ ...client, key: apiKey!, origin: client.breakAfter ? any : () => own }));
    }
    for (let kill = 0; kill < run.kills; kill++) {
      const goal = Math.max(...clients.map((client) => client.count())) + run.events / (run.kills + 2);
      await until(() => clients.some((client) => client.count() >= goal), 'the clients have come further', { timeout: run.limitMs });
      const victim = processes.shift()!;
      victim.child.kill('SIGKILL');
      processes.push(await start());
    }
    await Promise.all(processes.map((process) => process.written));
    const left = async () => (await db.query(sql`select from event_inbox limit 1`)).length > 0;
    await until(async () => !(await left()), 'all is in the log', { timeout: run.limitMs });
    const [row] = await db.query<{ n: number }>(sql`select count(*)::int as n from events where type = 'customer.updated'`);
    const total = row!.n;
    const behind = () => clients.filter((client) => client.count() < total && client.faults.length === 0);
    await until(() => behind().length === 0, 'every client has every event', { timeout: run.limitMs }).catch((error: Error) => {
      throw new Error(`${error.message}: ${behind().map((client) => `${client.transport} ${client.count()} of ${total}`)}`);
    });
    const changed = await db.query<{ id: string; changes: number }>(sql`select id, changes from test_customers where changes > 0`);
    const expected = new Map(changed.map((one) => [`customer_${one.id}`, one.changes]));
    for (const client of clients) {
      expect(client.faults).toEqual([]);
      expect(client.count()).toBe(total);
      expect([...client.last.values()].reduce((sum, n) => sum + n, 0)).toBe(total);
      expect(client.last.size).toBe(expected.size);
    }
    const begun = clients.map((client) => client.begun());
    const lagged = clients.reduce((sum, client) => sum + client.lagged(), 0);
    return { events: total, seconds: Math.round((Date.now() - began) / 100) / 10, begun, lagged };
  } finally {
    for (const client of clients) client.stop();
    for (const { child } of processes) child.kill('SIGKILL');
    await db.close();
    await database.drop();
  }
}

/** Starts a process that serves, and writes its share. */
async function startProcess(url: string, workspaceId: string, run: Omit<FeedRun, 'customers'> & { customers: string[] }): Promise<Process> {
  const child = fork(fileURLToPath(new URL('feeds-process.ts', import.meta.url)), [url, workspaceId], { execArgv: [] });
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  const written = Promise.race([once(child, 'message'), once(child, 'exit')]);
  child.send({ customers: run.customers, writers: run.writersOfEach, events: Math.ceil(run.events / run.processes) });
  return { child, origin: `http://127.0.0.1:${port}`, written };
}
