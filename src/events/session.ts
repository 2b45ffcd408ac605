// A connection of its own, kept open for as long as it is wanted: advisory locks and LISTEN belong to a session, so
// they cannot live in the pool (nor behind a pooler that shares sessions between transactions).
import pg from 'pg';
import type { Sql } from 'sql-template-tag';
import type { Database, Queryable } from '../db/database.ts';
import { createBell } from './bell.ts';
import type { EventsLog } from './types.ts';

export type Session = Queryable & {
  client: pg.Client;
  /** Runs a statement under a name, so that it is parsed and planned once a session. */
  prepared<R>(name: string, statement: Sql): Promise<R[]>;
  /** True from the moment the connection is gone. */
  lost(): boolean;
};

export type SessionWork = {
  name: string;
  log: EventsLog;
  /** Called with each notification, and once when the connection is lost. */
  onSignal(channel: string | null, payload: string, fromSelf: boolean): void;
  /** The work. When it throws or the connection breaks, it is run again on a new connection; when it returns, all ends. */
  run(session: Session): Promise<void>;
};

const BACKOFF_MS = { first: 50, most: 2_000 };
// A statement that hangs may hold up the end for this long.
const STOP_MS = 5_000;

// A peer that vanished without a word is noticed within half a minute, not after the system's two hours: until then
// its session would go on holding the sequencer's lock.
const SETTINGS = [
  '-c timezone=UTC -c jit=off',
  '-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3 -c tcp_user_timeout=25000',
].join(' ');

/** Keeps one connection open for `work`, with growing pauses between attempts, until it is done or stopped. */
export function keepSession(db: Database, work: SessionWork): { stop(): Promise<void> } {
  const stopBell = createBell();
  let stopped = false;
  let current: pg.Client | null = null;
  const ended = (async () => {
    let pause = BACKOFF_MS.first;
    while (!stopped) {
      const began = Date.now();
      try {
        await runOnce(db, work, (client) => {
          current = client;
        });
        return;
      } catch (error) {
        if (stopped) return;
        // A connection that held longer than the pause before it was a good one.
        if (Date.now() - began > pause) pause = BACKOFF_MS.first;
        work.log.warn({ session: work.name, reason: reasonOf(error), retryInMs: pause }, 'event session broke off');
        await stopBell.wait(pause * (0.5 + Math.random() / 2));
        pause = Math.min(pause * 2, BACKOFF_MS.most);
      }
    }
  })();
  return {
    async stop() {
      stopped = true;
      stopBell.ring();
      const giveUp = setTimeout(() => current && destroy(current), STOP_MS);
      await ended;
      clearTimeout(giveUp);
    },
  };
}

async function runOnce(db: Database, work: SessionWork, onClient: (client: pg.Client) => void): Promise<void> {
  const client = new pg.Client({
    connectionString: db.url,
    // With the process's id, so that whoever looks into pg_stat_activity finds it.
    application_name: `trato ${work.name} ${process.pid}`,
    types: db.pool.options.types,
    options: SETTINGS,
    keepAlive: true,
    connectionTimeoutMillis: 10_000,
  });
  onClient(client);
  let lost = false;
  const onLost = () => {
    if (lost) return;
    lost = true;
    work.onSignal(null, '', false);
  };
  client.on('error', onLost);
  client.on('end', onLost);
  try {
    await client.connect();
    const pid = (client as pg.Client & { processID: number }).processID;
    client.on('notification', (note) => work.onSignal(note.channel, note.payload ?? '', note.processId === pid));
    await work.run({
      client,
      lost: () => lost,
      query: async (statement) => (await client.query(statement.text, statement.values)).rows,
      execute: async (statement) => (await client.query(statement.text, statement.values)).rowCount ?? 0,
      prepared: async (name, statement) => (await client.query({ name, text: statement.text, values: statement.values })).rows,
    });
  } finally {
    await close(client, lost);
  }
}

async function close(client: pg.Client, lost: boolean): Promise<void> {
  const giveUp = setTimeout(destroy, lost ? 0 : 2_000, client);
  await client.end().catch(() => undefined);
  clearTimeout(giveUp);
}

function destroy(client: pg.Client): void {
  (client as pg.Client & { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
}

/** What may be logged of an error: its code or its kind, never a message, which can hold data. */
export function reasonOf(error: unknown): string {
  const { code, name } = error as { code?: string; name?: string };
  return code ?? name ?? 'unknown';
}

/** Whether the database could not be reached or went away: worth another try. */
export function isConnectionError(error: unknown): boolean {
  const { code = '', message = '' } = error as { code?: string; message?: string };
  return (
    /^(08|57P0|53)/.test(code) ||
    /^(ECONN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN)/.test(code) ||
    /Connection terminated|timeout exceeded when trying to connect|not queryable/i.test(message)
  );
}
