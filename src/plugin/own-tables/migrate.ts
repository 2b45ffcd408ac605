// A plugin's migrations: each is applied once, in the order of names, in a transaction of its own and as the plugin's role.
import { createHash } from 'node:crypto';
import sql, { raw } from 'sql-template-tag';
import type { Database, Transaction } from '../../db/database.ts';
import { quoteIdent } from '../../db/models.ts';
import type { LoadedPlugin } from '../loaded.ts';
import { isolationOf, roleOf, schemaOf } from './names.ts';
import { assertNoAdvisory } from './statement.ts';

export type Migrations = ReadonlyMap<string, string>;

const namePattern = /^\d{3}_[a-z0-9_]{1,60}$/;
// They would end the transaction or the role that a migration runs in.
const outOfReach = /\b(?:set|reset)\s+(?:local\s+|session\s+)?(?:role|session)\b|\bset_config\b|^\s*(?:commit|rollback|begin)\s*;/im;

/** Adds migrations as `setup` gives them. Throws for names and texts that cannot be. */
export function addMigrations(into: Map<string, string>, given: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(given)) {
    if (!namePattern.test(name)) throw new Error(`the migration ${name.slice(0, 80)} must be named like 001_points`);
    if (into.has(name)) throw new Error(`there are two migrations ${name}`);
    assertNoAdvisory(text);
    if (outOfReach.test(text)) throw new Error(`the migration ${name} must not change the role or end the transaction`);
    into.set(name, text);
  }
}

/** Writes down that the plugin is installed, at its version. */
export async function recordInstallation(db: Database, { id, definition }: Pick<LoadedPlugin, 'id' | 'definition'>): Promise<void> {
  await db.execute(sql`insert into plugin_installations (id, version) values (${id}, ${definition.version})
    on conflict (id) do update set version = excluded.version, updated_at = now() where plugin_installations.version <> excluded.version`);
}

/** Applies what has not been applied. Throws where one that was has changed or is missing, and where one fails. */
export async function applyMigrations(db: Database, plugin: LoadedPlugin, migrations: Migrations): Promise<void> {
  const applied = await db.query<{ name: string; checksum: string }>(
    sql`select name, checksum from plugin_migrations where plugin_id = ${plugin.id} order by name`,
  );
  for (const { name, checksum } of applied) {
    const text = migrations.get(name);
    if (text === undefined)
      throw new Error(
        `the migration ${name} was applied to this database and is missing: this is an older version of the plugin, or a migration was renamed`,
      );
    if (checksumOf(text) !== checksum)
      throw new Error(
        `the migration ${name} was applied to this database and has changed since: put its text back, and write what is new as another`,
      );
  }
  const last = applied.at(-1)?.name ?? '';
  const known = new Set(applied.map(({ name }) => name));
  for (const name of [...migrations.keys()].sort()) {
    if (known.has(name)) continue;
    if (name < last) throw new Error(`the migration ${name} comes before ${last}, which was applied to this database`);
    await apply(db, plugin, name, migrations.get(name)!);
  }
}

async function apply(db: Database, plugin: LoadedPlugin, name: string, text: string): Promise<void> {
  try {
    await db.transaction(async (tx) => {
      const role = isolationOf(plugin) === 'ROLE' ? `set local role ${quoteIdent(roleOf(plugin))}; ` : '';
      await tx.execute(
        raw(`set local statement_timeout to 0; ${role}set local search_path to ${quoteIdent(schemaOf(plugin))}, pg_catalog`),
      );
      await tx.execute(raw(text));
      await tx.execute(raw('set local role to default; set local search_path to default'));
      await checkTables(tx, plugin);
      await tx.execute(sql`insert into plugin_migrations (plugin_id, name, checksum) values (${plugin.id}, ${name}, ${checksumOf(text)})`);
    });
  } catch (error) {
    throw new Error(`the migration ${name} failed: ${(error as Error).message}`, { cause: error });
  }
}

async function checkTables(tx: Transaction, plugin: LoadedPlugin): Promise<void> {
  const [wrong] = await tx.query<{ name: string }>(sql`select c.relname as name from pg_class c
    where c.relnamespace = ${quoteIdent(schemaOf(plugin))}::regnamespace and c.relkind in ('r', 'p') and not exists (
      select from pg_index i join pg_attribute a on a.attrelid = c.oid and a.attnum = i.indkey[0]
      where i.indrelid = c.oid and i.indisprimary and a.attname = 'workspace_id' and a.atttypid = 'uuid'::regtype)
    order by 1 limit 1`);
  if (wrong) throw new Error(`the table ${wrong.name} needs a primary key that begins with workspace_id uuid`);
}

function checksumOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
