// The role of PostgreSQL as which a plugin's statements run. Roles are of the whole cluster, and others may be at it.
import sql, { raw } from 'sql-template-tag';
import type { Database, Transaction } from '../../db/database.ts';
import { quoteIdent } from '../../db/models.ts';
import type { LoadedPlugin } from '../loaded.ts';
import { roleOf, schemaOf, setIsolation } from './names.ts';

const ATTEMPTS = 10;
/** Somebody made it, or granted it, at the same moment. */
const RACES = new Set(['42710', '23505', 'XX000']);
const FORBIDDEN = '42501';

/** Makes the plugin's role and schema, or sees that they are there. Without the right to, the search path alone must do. */
export async function prepareSchema(db: Database, plugin: LoadedPlugin): Promise<void> {
  const role = await ensureRole(db, plugin);
  setIsolation(plugin, role ? 'ROLE' : 'SEARCH_PATH');
  if (!role) {
    plugin.log.warn(
      { plugin: plugin.id },
      'the database user may not create roles: only the search path keeps the plugin to its own tables',
    );
  }
  const schema = raw(quoteIdent(schemaOf(plugin)));
  await db.transaction(async (tx) => {
    await tx.execute(sql`create schema if not exists ${schema} ${role ? sql`authorization ${role}` : sql``}`);
    if (role) await own(tx, plugin);
  });
}

async function ensureRole(db: Database, plugin: LoadedPlugin) {
  const name = roleOf(plugin);
  const role = raw(quoteIdent(name));
  for (let attempt = 1; ; attempt++) {
    try {
      await db.transaction(async (tx) => {
        const [known] = await tx.query(sql`select from pg_roles where rolname = ${name}`);
        if (!known) await tx.execute(sql`create role ${role} nologin`);
        const [right] = await tx.query<{ may: boolean }>(sql`select pg_has_role(current_user, ${name}, 'SET') as may`);
        if (!right!.may) await tx.execute(sql`grant ${role} to current_user`);
      });
      return role;
    } catch (error) {
      const { code = '' } = error as { code?: string };
      if (code === FORBIDDEN) return null;
      if (!RACES.has(code) || attempt >= ATTEMPTS) throw error;
    }
  }
}

// A dump that was restored by another user, or a time without roles, has left the tables to somebody else.
async function own(tx: Transaction, plugin: LoadedPlugin): Promise<void> {
  const role = raw(quoteIdent(roleOf(plugin)));
  const [schema] = await tx.query<{ own: boolean }>(sql`select pg_get_userbyid(nspowner) = ${roleOf(plugin)} as own
    from pg_namespace where nspname = ${schemaOf(plugin)}`);
  if (!schema!.own) await tx.execute(sql`alter schema ${raw(quoteIdent(schemaOf(plugin)))} owner to ${role}`);
  const tables = await tx.query<{ name: string }>(sql`select c.oid::regclass::text as name from pg_class c
    where c.relnamespace = ${quoteIdent(schemaOf(plugin))}::regnamespace and c.relkind in ('r', 'p', 'v', 'm')
      and pg_get_userbyid(c.relowner) <> ${roleOf(plugin)}`);
  for (const { name } of tables) await tx.execute(sql`alter table ${raw(name)} owner to ${role}`);
}
