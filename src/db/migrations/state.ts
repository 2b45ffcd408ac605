// What the database says it has, compared with the files.
import type pg from 'pg';
import { migrationError } from './errors.ts';
import { hasChecksum, type MigrationFile } from './files.ts';

/** Names of the migrations, in the order in which they apply. */
export type MigrationState = { applied: string[]; pending: string[] };

type AppliedRow = { migration_name: string; checksum: string; finished_at: Date | null };

const undefinedTable = '42P01';

/**
 * Compares the migrations a database has with the files, in one statement.
 * @throws MigrationError DATABASE_NEWER, MIGRATION_CHANGED, or MIGRATION_FAILED where another tool left one unfinished.
 */
export async function readState(client: pg.Client, files: MigrationFile[]): Promise<MigrationState> {
  const rows = await readApplied(client);
  const sqlByName = new Map(files.map((file) => [file.name, file.sql]));
  const unknown = rows.filter((row) => !sqlByName.has(row.migration_name));
  if (unknown.length > 0) {
    const names = unknown.map((row) => row.migration_name).join(', ');
    throw migrationError('DATABASE_NEWER', `the database is newer than this code, which does not know the migrations it has: ${names}`);
  }
  for (const row of rows) {
    if (row.finished_at === null) {
      throw migrationError('MIGRATION_FAILED', `migration ${row.migration_name} was begun by another tool and never finished`);
    }
    if (!hasChecksum(sqlByName.get(row.migration_name) ?? '', row.checksum)) {
      throw migrationError('MIGRATION_CHANGED', `migration ${row.migration_name} has been changed after it was applied`);
    }
  }
  const applied = new Set(rows.map((row) => row.migration_name));
  const names = files.map((file) => file.name);
  return { applied: names.filter((name) => applied.has(name)), pending: names.filter((name) => !applied.has(name)) };
}

async function readApplied(client: pg.Client): Promise<AppliedRow[]> {
  try {
    const text = `select migration_name, checksum, finished_at from _prisma_migrations where rolled_back_at is null`;
    return (await client.query<AppliedRow>(text)).rows;
  } catch (error) {
    if ((error as { code?: string }).code === undefinedTable) return [];
    throw error;
  }
}

/** Creates the table of applied migrations, column by column as Prisma does, so that its tools can read it. */
export async function createTable(client: pg.Client): Promise<void> {
  await client.query(`
    create table if not exists _prisma_migrations (
      id varchar(36) primary key not null,
      checksum varchar(64) not null,
      finished_at timestamptz,
      migration_name varchar(255) not null,
      logs text,
      rolled_back_at timestamptz,
      started_at timestamptz not null default now(),
      applied_steps_count integer not null default 0
    )`);
}
