import { randomUUID } from 'node:crypto';
import type { EventEmitter } from 'node:events';
import type pg from 'pg';
import { migrationError, reasonOf } from './errors.ts';
import { checksum, type MigrationFile } from './files.ts';

/**
 * Applies one file and writes its row, both in one transaction: a failure leaves nothing behind.
 * @throws MigrationError MIGRATION_FAILED naming the file and the place in it.
 */
export async function applyFile(client: pg.Client, file: MigrationFile): Promise<void> {
  let finished = 0;
  const count = () => {
    finished += 1;
  };
  // pg keeps the connection out of its types; it is the only one to tell how many statements of a text have run.
  const { connection } = client as unknown as { connection: EventEmitter };
  try {
    await client.query('begin');
    connection.on('commandComplete', count);
    // Without values pg sends the text as it is, so the server splits it: quotes, functions and comments are safe.
    await client.query(file.sql);
    connection.off('commandComplete', count);
    if (client.getTransactionStatus() !== 'T') {
      throw migrationError('MIGRATION_FAILED', `migration ${file.name} ends its transaction itself: take out its commit or rollback`);
    }
    await client.query(
      `insert into _prisma_migrations (id, checksum, migration_name, started_at, finished_at, applied_steps_count)
       values ($1, $2, $3, now(), clock_timestamp(), 1)`,
      [randomUUID(), checksum(file.sql), file.name],
    );
    await client.query('commit');
  } catch (error) {
    connection.off('commandComplete', count);
    await client.query('rollback').catch(() => undefined);
    if ((error as { code?: string }).code === 'MIGRATION_FAILED') throw error;
    throw migrationError(
      'MIGRATION_FAILED',
      `migration ${file.name} failed at ${placeOf(error, file.sql, finished)}: ${reasonOf(error)}`,
      error,
    );
  }
}

// The server gives a position for what it cannot parse or resolve; for what goes wrong in running, there is the count.
function placeOf(error: unknown, sql: string, finished: number): string {
  const position = Number((error as { position?: string }).position);
  if (!(position > 0)) return `statement ${finished + 1}`;
  const before = [...sql].slice(0, position - 1).join('');
  return `line ${before.split('\n').length} (character ${position})`;
}
