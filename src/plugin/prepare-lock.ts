// One server at a time prepares plugins. The lock is tried, not waited for: a session that waits in PostgreSQL holds a
// snapshot, for which an index that is built concurrently would wait in turn.
import { setTimeout as pause } from 'node:timers/promises';
import type { Database } from '../db/database.ts';
import type { PluginLog } from './contexts.ts';

const LOCK = 72707370;
const PAUSE_MS = 100;

/** Runs `work` while no other server does its own. The lock ends with the connection, also when this process is killed. */
export async function underPluginLock<T>(db: Database, log: PluginLog, work: () => Promise<T>): Promise<T> {
  const client = await db.pool.connect();
  let broken: Error | undefined;
  const onError = (error: Error) => {
    broken = error;
  };
  client.on('error', onError);
  try {
    for (let tries = 0; ; tries++) {
      const { rows } = await client.query<{ got: boolean }>('select pg_try_advisory_lock($1) as got', [LOCK]);
      if (rows[0]?.got) break;
      if (tries === 20) log.info({}, 'waiting for another server that is preparing its plugins');
      await pause(PAUSE_MS);
    }
    try {
      return await work();
    } finally {
      await client.query('select pg_advisory_unlock($1)', [LOCK]).catch((error: Error) => {
        broken = error;
      });
    }
  } finally {
    client.off('error', onError);
    client.release(broken);
  }
}
