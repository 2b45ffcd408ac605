// Migrations on disk, in the layout and with the checksums of Prisma.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export type MigrationFile = { name: string; sql: string };

export const migrationsDirectory = fileURLToPath(new URL('../../../prisma/migrations', import.meta.url));

/** Reads every `<name>/migration.sql` below `directory`, in the order in which they apply. */
export async function readMigrationFiles(directory: string): Promise<MigrationFile[]> {
  if (!existsSync(directory)) return [];
  const entries = await readdir(directory, { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return Promise.all(folders.sort().map(async (name) => ({ name, sql: await readFile(join(directory, name, 'migration.sql'), 'utf8') })));
}

export function checksum(sql: string): string {
  return createHash('sha256').update(sql).digest('hex');
}

/** Whether a file is the one that was applied. Line ends do not count: a checkout may have changed them. */
export function hasChecksum(sql: string, expected: string): boolean {
  const unix = sql.replaceAll('\r\n', '\n');
  return [sql, unix, unix.replaceAll('\n', '\r\n')].some((text) => checksum(text) === expected);
}
