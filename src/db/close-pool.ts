// Closing a pool although somebody keeps a connection: pg's own end() would wait for ever.
import type { Duplex } from 'node:stream';
import type pg from 'pg';

const GRACE_MS = 5_000;

/** Gives the function that closes a new pool. Connections in use have `graceMs` to come back; then they are cut, which rolls back. */
export function poolCloser(pool: pg.Pool, graceMs = GRACE_MS): () => Promise<void> {
  const inUse = new Set<pg.PoolClient>();
  pool.on('acquire', (client) => void inUse.add(client));
  pool.on('release', (_error, client) => void inUse.delete(client));

  return async () => {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(() => {
        for (const client of inUse) cut(client);
        resolve();
      }, graceMs);
    });
    await Promise.race([pool.end(), late]);
    clearTimeout(timer);
  };
}

function cut(client: pg.PoolClient): void {
  client.on('error', () => undefined);
  (client as unknown as { connection: { stream: Duplex } }).connection.stream.destroy();
}
