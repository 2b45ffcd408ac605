import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import pg from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { applyMigrations } from '../src/db/migrate.ts';
import { createEmptyDatabase } from '../tests/support/database.ts';
import { amendMigration, type MigrationPaths, pendingChanges, writeMigration } from './migration.ts';

const base = 'datasource db {\n  provider = "postgresql"\n}\n';
const animal = (columns = '') => `model Animal {
  id    String   @id @db.Uuid
  email String?  @db.Citext
  tags  String[] @default([])
${columns}
  @@map("animal")
}
`;

let root: string;
let paths: MigrationPaths;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'trato-schema-'));
  paths = { schema: join(root, 'schema'), migrations: join(root, 'migrations') };
  mkdirSync(paths.schema);
  write('base.prisma', base);
  write('animal.prisma', animal());
});

afterEach(() => rmSync(root, { recursive: true }));

test('prisma/schema and prisma/migrations agree', async () => {
  expect((await pendingChanges()).slice(0, 500)).toBe('');
});

test('writes what changed since the last migration, and nothing where nothing did', async () => {
  const first = await writeMigration('First: animals!', { paths, now: new Date('2026-01-02T03:04:05Z') });
  expect(first).toBe(join(paths.migrations, '20260102030405_first_animals'));
  expect(sqlOf(first)).toContain('CREATE TABLE "animal"');
  expect(readFileSync(join(paths.migrations, 'migration_lock.toml'), 'utf8')).toBe('provider = "postgresql"\n');
  expect(await pendingChanges(paths)).toBe('');
  expect(await writeMigration('again', { paths })).toBeUndefined();

  write('animal.prisma', animal('  legs  Int      @default(4)'));
  expect(await pendingChanges(paths)).toContain('ADD COLUMN     "legs" INTEGER NOT NULL DEFAULT 4');
  const second = await writeMigration('legs', { paths, now: new Date('2025-01-01T00:00:00Z') });
  expect(second).toBe(join(paths.migrations, '20260102030406_legs'));
  expect(sqlOf(second)).not.toContain('CREATE TABLE');
  expect(readdirSync(paths.migrations)).toEqual(['20260102030405_first_animals', '20260102030406_legs', 'migration_lock.toml']);
});

test('amending keeps what was written by hand around the generated part', async () => {
  const folder = await writeMigration('animals', { paths });
  const before = '-- by hand\ncreate extension citext;\n';
  const after = "\ncreate index animal_email on animal (lower(email));\n-- it's the end";
  writeFileSync(join(folder ?? '', 'migration.sql'), before + sqlOf(folder) + after);
  write('animal.prisma', animal('  legs  Int'));
  expect(await amendMigration(paths)).toBe(folder);
  const amended = sqlOf(folder);
  expect(amended.startsWith(before)).toBe(true);
  expect(amended.endsWith(after)).toBe(true);
  expect(amended.match(/CREATE TABLE/g)).toHaveLength(1);
  expect(amended).toContain('"legs" INTEGER NOT NULL');
  await amendMigration(paths);
  expect(sqlOf(folder)).toBe(amended);
  expect(await pendingChanges(paths)).toBe('');

  const database = await createEmptyDatabase();
  try {
    expect((await applyMigrations({ url: database.url, directory: paths.migrations })).applied).toHaveLength(1);
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    const insert = `insert into animal (id, legs, tags) values (gen_random_uuid(), 4, null)`;
    await expect(client.query(insert)).rejects.toMatchObject({ code: '23502', column: 'tags' });
    await client.end();
  } finally {
    await database.drop();
  }
});

test('amends only the newest migration, from the schema before it', async () => {
  const first = await writeMigration('animals', { paths });
  const untouched = sqlOf(first);
  write('animal.prisma', animal('  legs  Int?'));
  const second = await writeMigration('legs', { paths });
  write('animal.prisma', animal('  wings Int?'));
  await amendMigration(paths);
  expect(sqlOf(first)).toBe(untouched);
  expect(sqlOf(second)).toContain('ADD COLUMN     "wings" INTEGER');
  expect(sqlOf(second)).not.toContain('legs');
});

test('writes an empty migration to be filled by hand only when asked to', async () => {
  await writeMigration('animals', { paths });
  const folder = await writeMigration('by hand', { paths, empty: true });
  expect(sqlOf(folder)).not.toMatch(/^[^-]/m);
});

test('a list column added later is not null either, and one without a default stays as it is', async () => {
  await writeMigration('animals', { paths });
  write('animal.prisma', animal('  names String[] @default([])\n  marks Int[]'));
  const sql = await pendingChanges(paths);
  expect(sql).toContain('"names" TEXT[] NOT NULL DEFAULT ARRAY[]::TEXT[]');
  expect(sql).toMatch(/"marks" INTEGER\[\][,;]/);
});

test('explains itself where it cannot go on', async () => {
  await expect(amendMigration(paths)).rejects.toThrow('there is no migration to amend yet');
  await expect(writeMigration('…', { paths })).rejects.toThrow('needs a name');
  const folder = await writeMigration('animals', { paths });
  writeFileSync(join(folder ?? '', 'migration.sql'), 'select 1;');
  await expect(amendMigration(paths)).rejects.toThrow('has lost the lines that mark its generated part');
  write('animal.prisma', animal('  legs Legs'));
  await expect(pendingChanges(paths)).rejects.toThrow('Type "Legs" is neither a built-in type');
});

test('the command checks the project and refuses what it does not understand', async () => {
  const script = fileURLToPath(new URL('migration.ts', import.meta.url));
  const run = (...args: string[]) => promisify(execFile)(process.execPath, [script, ...args]);
  expect((await run('--check')).stdout).toBe('prisma/schema and the migrations agree\n');
  await expect(run()).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining('usage: npm run migration') });
  await expect(run('--overwrite')).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining("'--overwrite'") });
});

function write(name: string, text: string): void {
  writeFileSync(join(paths.schema, name), text);
}

function sqlOf(folder: string | undefined): string {
  return readFileSync(join(folder ?? '', 'migration.sql'), 'utf8');
}
