// Starts, asks, kills and stops the processes of `events-process.ts`.
import { type ChildProcess, fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import sql from 'sql-template-tag';
import { expect } from 'vitest';
import type { LogTest } from './events-support.ts';

export type Report = { seq: string; count: number; digest: string; complaints: string[] };

export type LogProcess = {
  report(last: bigint): Promise<Report>;
  pid: number;
  kill(): Promise<void>;
  stop(): Promise<void>;
};

export async function startLogProcess(test: LogTest): Promise<LogProcess> {
  const file = fileURLToPath(new URL('events-process.ts', import.meta.url));
  const child = fork(file, [test.url, test.workspaceId], { execArgv: [] });
  await answer(child, 'ready');
  return {
    pid: child.pid!,
    async report(last) {
      const answered = answer(child, 'report');
      child.send({ report: String(last) });
      return (await answered) as Report;
    },
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exit = once(child, 'exit');
      child.kill('SIGKILL');
      await exit;
    },
    async stop() {
      const exit = once(child, 'exit');
      child.send({ stop: true });
      expect(await exit).toEqual([0, null]);
    },
  };
}

function answer(child: ChildProcess, kind: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null) => reject(new Error(`the process ended early (${code})`));
    child.once('exit', onExit);
    child.on('message', function take(message: { kind: string }) {
      if (message.kind !== kind) return;
      child.off('message', take);
      child.off('exit', onExit);
      resolve(message);
    });
  });
}

/** What a process must report that has seen the whole log. */
export async function expectedReport(test: LogTest): Promise<Omit<Report, 'complaints'>> {
  const rows = await test.db.query<{ seq: bigint; id: string }>(sql`select seq, id from events order by seq`);
  const digest = createHash('sha256');
  for (const row of rows) digest.update(`${row.seq} ${row.id}\n`);
  return { seq: String(rows.at(-1)?.seq ?? 0n), count: rows.length, digest: digest.digest('hex') };
}

export type LogSession = { backend: number; process: number; holds: boolean; waits: boolean };

/** The sessions of that name: their server-side process, the process they serve, and whether they hold the lock or wait. */
export async function sessionsOf(test: LogTest, name: 'sequencer' | 'events'): Promise<LogSession[]> {
  return test.db.query(sql`
    select a.pid as backend, split_part(a.application_name, ' ', 3)::int as process,
      a.wait_event_type is not distinct from 'Lock' as waits,
      exists (select from pg_locks l where l.pid = a.pid and l.locktype = 'advisory' and l.granted) as holds
    from pg_stat_activity a
    where a.datname = current_database() and a.application_name like ${`trato ${name} %`}`);
}

/** The session that sequences, if one does. */
export async function holder(test: LogTest): Promise<LogSession | undefined> {
  return (await sessionsOf(test, 'sequencer')).find((session) => session.holds);
}
