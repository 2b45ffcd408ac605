// Writes migrations: `npm run migration -- <name>`, `-- --amend`, `-- --check`. Each migration's folder keeps the
// schema text it leads to, because the next one is the difference from that text, not from a live database.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { diffSchemas, emptySchema } from './schema-diff.ts';

const begin = '-- generated from prisma/schema: edit below or above this part, `npm run migration -- --amend` rewrites it';
const end = '-- end of the generated part';
const usage = `usage: npm run migration -- <name>          write a migration for what changed in prisma/schema
       npm run migration -- --empty <name>  write one to be filled by hand
       npm run migration -- --amend         write the newest migration's generated part anew
       npm run migration -- --check         exit 1 when prisma/schema has changes without a migration`;

/** Where the schema files and the migrations are; the project's own unless told otherwise. */
export type MigrationPaths = { schema: string; migrations: string };

export const projectPaths: MigrationPaths = {
  schema: fileURLToPath(new URL('../prisma/schema', import.meta.url)),
  migrations: fileURLToPath(new URL('../prisma/migrations', import.meta.url)),
};

/** The SQL that the newest migration lacks to reach the present schema, `''` when it lacks none. */
export function pendingChanges(paths: MigrationPaths = projectPaths): Promise<string> {
  return diffSchemas(schemaAfter(paths, migrationNames(paths).at(-1)), readSchema(paths));
}

/**
 * Writes a new migration folder and gives its path, or undefined when the schema has not changed (unless `empty`).
 * Never touches an existing migration.
 */
export async function writeMigration(
  name: string,
  { paths = projectPaths, empty = false, now = new Date() }: { paths?: MigrationPaths; empty?: boolean; now?: Date } = {},
): Promise<string | undefined> {
  const words = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '');
  if (words === '') throw new Error('a migration needs a name made of letters and digits');
  const sql = await pendingChanges(paths);
  if (sql === '' && !empty) return undefined;
  const folder = join(paths.migrations, `${nextStamp(migrationNames(paths).at(-1), now)}_${words}`);
  mkdirSync(folder, { recursive: true });
  const lock = join(paths.migrations, 'migration_lock.toml');
  if (!existsSync(lock)) writeFileSync(lock, 'provider = "postgresql"\n');
  writeFileSync(join(folder, 'migration.sql'), generatedPart(sql), { flag: 'wx' });
  writeFileSync(join(folder, 'schema.prisma'), readSchema(paths));
  return folder;
}

/**
 * Writes the generated part of the newest migration anew and keeps what was written by hand around it. For a
 * migration that no shared database has yet: one that has applied it will refuse the changed file.
 */
export async function amendMigration(paths: MigrationPaths = projectPaths): Promise<string> {
  const names = migrationNames(paths);
  const newest = names.at(-1);
  if (newest === undefined) throw new Error('there is no migration to amend yet');
  const folder = join(paths.migrations, newest);
  const file = join(folder, 'migration.sql');
  const text = readFileSync(file, 'utf8');
  const from = text.indexOf(begin);
  const to = text.indexOf(end, from);
  if (from < 0 || to < 0) throw new Error(`${newest}/migration.sql has lost the lines that mark its generated part`);
  const sql = await diffSchemas(schemaAfter(paths, names.at(-2)), readSchema(paths));
  const after = text.slice(to + end.length).replace(/^\r?\n/, '');
  writeFileSync(file, text.slice(0, from) + generatedPart(sql) + after);
  writeFileSync(join(folder, 'schema.prisma'), readSchema(paths));
  return folder;
}

function generatedPart(sql: string): string {
  return sql === '' ? `${begin}\n${end}\n` : `${begin}\n${sql.trim()}\n${end}\n`;
}

function migrationNames({ migrations }: MigrationPaths): string[] {
  if (!existsSync(migrations)) return [];
  const folders = readdirSync(migrations, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return folders.map((entry) => entry.name).sort();
}

function schemaAfter({ migrations }: MigrationPaths, name: string | undefined): string {
  return name === undefined ? emptySchema : readFileSync(join(migrations, name, 'schema.prisma'), 'utf8');
}

function readSchema({ schema }: MigrationPaths): string {
  const files = readdirSync(schema).filter((file) => file.endsWith('.prisma'));
  const texts = files.sort().map((file) => `// ${file}\n${readFileSync(join(schema, file), 'utf8').trim()}\n`);
  return texts.join('\n');
}

// Migrations apply in the order of their names, so a new one has to sort behind the newest, whatever the clock says.
function nextStamp(newest: string | undefined, now: Date): string {
  const stamp = now.toISOString().replace(/\D/g, '').slice(0, 14);
  const last = newest?.slice(0, 14) ?? '';
  return stamp > last ? stamp : String(BigInt(last) + 1n);
}

async function main(args: string[]): Promise<number> {
  const flag = { type: 'boolean', default: false } as const;
  const options = { amend: flag, check: flag, empty: flag };
  const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
  if (values.check) {
    const sql = await pendingChanges();
    console.log(sql === '' ? 'prisma/schema and the migrations agree' : `prisma/schema has changes without a migration:\n\n${sql}`);
    return sql === '' ? 0 : 1;
  }
  if (values.amend) {
    console.log(`amended ${await amendMigration()}`);
    return 0;
  }
  const [name, ...rest] = positionals;
  if (name === undefined || rest.length > 0) {
    console.error(usage);
    return 2;
  }
  const folder = await writeMigration(name, { empty: values.empty });
  console.log(folder === undefined ? 'prisma/schema has not changed: nothing written' : `wrote ${folder}`);
  return 0;
}

if (import.meta.main) {
  try {
    process.exitCode = await main(process.argv.slice(2));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 2;
  }
}
