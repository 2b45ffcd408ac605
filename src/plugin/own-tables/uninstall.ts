// Taking a plugin's data out of the database. It must not run anywhere any more.
import sql, { raw } from 'sql-template-tag';
import type { Database } from '../../db/database.ts';
import { quoteIdent } from '../../db/models.ts';
import { pluginNames } from '../names.ts';
import { underPluginLock } from '../prepare-lock.ts';
import { roleOf, schemaOf } from './names.ts';
import { closePluginPool } from './outside.ts';

export type Uninstalled = {
  /** Whether there was anything of it. */
  found: boolean;
  /** Tables that are gone. */
  tables: string[];
  migrations: number;
  /** Handlers whose places in the log are forgotten. */
  handlers: number;
  failures: number;
  /** Keys of attributes that may be the plugin's. They and their values stay: archive what nobody needs. */
  attributesLeft: string[];
};

const quiet = { info() {}, warn() {}, error() {} };

/** Drops the schema of a plugin and forgets what it has done. Its attributes and its events stay. */
export async function uninstallPlugin(db: Database, id: string): Promise<Uninstalled> {
  const plugin = { id, names: pluginNames(id) };
  const schema = quoteIdent(schemaOf(plugin));
  await closePluginPool(db, id);
  return underPluginLock(db, quiet, async () => {
    const done = await db.transaction(async (tx) => {
      const tables = await tx.query<{ name: string }>(
        sql`select tablename as name from pg_tables where schemaname = ${schemaOf(plugin)} order by 1`,
      );
      await tx.execute(sql`drop schema if exists ${raw(schema)} cascade`);
      const migrations = await tx.execute(sql`delete from plugin_migrations where plugin_id = ${id}`);
      const installed = await tx.execute(sql`delete from plugin_installations where id = ${id}`);
      const failures = await tx.execute(sql`delete from plugin_failures where plugin = ${id}`);
      const handlers = await tx.execute(sql`delete from event_consumers where starts_with(name, ${`plugin.${id}.`})`);
      const attributes = await tx.query<{ key: string }>(
        sql`select distinct key from attribute_definitions where starts_with(key, ${`${plugin.names.snake}_`}) order by 1`,
      );
      return {
        found: installed + migrations + failures + handlers + tables.length > 0,
        tables: tables.map(({ name }) => name),
        migrations,
        handlers,
        failures,
        attributesLeft: attributes.map(({ key }) => key),
      };
    });
    // Another database of the cluster may still need the role, or the user may not drop it.
    await db.execute(sql`drop role if exists ${raw(quoteIdent(roleOf(plugin)))}`).catch(() => undefined);
    return done;
  });
}
