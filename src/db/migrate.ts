// Brings a database to the schema of this code, safely while several processes start at once.
import type pg from 'pg';
import { applyFile } from './migrations/apply-file.ts';
import { withConnection } from './migrations/connection.ts';
import { migrationsDirectory, readMigrationFiles } from './migrations/files.ts';
import { createTable, type MigrationState, readState } from './migrations/state.ts';

export type { MigrationError, MigrationErrorCode } from './migrations/errors.ts';
export type { MigrationState } from './migrations/state.ts';

export type MigrationOptions = {
  /** Connection string of the database. */
  url: string;
  /** Folder of the migrations; the project's own unless told otherwise. */
  directory?: string;
  /** Takes lines about the progress, for people. */
  log?: (line: string) => void;
};

// The key of Prisma's own tools, so that they and this runner keep each other out.
const lockKey = 72707369;
const waitNotice = 2_000; // milliseconds between two lines while waiting

/**
 * Applies the migrations that the database lacks, in order of their names, and gives the names of those it applied.
 * With nothing to apply it takes one statement and no lock.
 * @throws MigrationError DATABASE_UNREACHABLE, DATABASE_NEWER, MIGRATION_CHANGED, MIGRATION_FAILED; the migrations
 *   before the failed one stay applied.
 */
export async function applyMigrations(options: MigrationOptions): Promise<{ applied: string[] }> {
  const files = await readMigrationFiles(options.directory ?? migrationsDirectory);
  const log = options.log ?? (() => undefined);
  return withConnection(options.url, async (client) => {
    const before = await readState(client, files);
    if (before.pending.length === 0) return { applied: [] };
    // Limits meant for requests would cut a long migration, or the wait for another process.
    await client.query('set statement_timeout = 0; set lock_timeout = 0; set idle_in_transaction_session_timeout = 0');
    await takeLock(client, log);
    await createTable(client);
    const { pending } = await readState(client, files);
    for (const file of files.filter(({ name }) => pending.includes(name))) {
      log(`applying migration ${file.name}`);
      await applyFile(client, file);
    }
    return { applied: pending };
  });
}

/**
 * Tells which migrations a database has and which it lacks, and changes nothing.
 * @throws MigrationError DATABASE_UNREACHABLE, DATABASE_NEWER, MIGRATION_CHANGED, MIGRATION_FAILED (left unfinished).
 */
export async function readMigrationState(options: Omit<MigrationOptions, 'log'>): Promise<MigrationState> {
  const files = await readMigrationFiles(options.directory ?? migrationsDirectory);
  return withConnection(options.url, (client) => readState(client, files));
}

// The lock belongs to the session: it ends with the connection, also when this process is killed.
async function takeLock(client: pg.Client, log: (line: string) => void): Promise<void> {
  const { rows } = await client.query<{ taken: boolean }>('select pg_try_advisory_lock($1) as taken', [lockKey]);
  if (rows[0]?.taken) return;
  const start = Date.now();
  log('waiting for another process that is applying migrations');
  const timer = setInterval(() => {
    log(`still waiting for the other process after ${Math.round((Date.now() - start) / 1000)} s`);
  }, waitNotice);
  try {
    await client.query('select pg_advisory_lock($1)', [lockKey]);
  } finally {
    clearInterval(timer);
  }
}
