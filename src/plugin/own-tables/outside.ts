// A plugin's reads outside of any transaction: over a few connections of its own, which are its role's from the start, so
// that a statement takes one round trip.
import { type Database, openDatabase, type Statement } from '../../db/database.ts';
import type { LoadedPlugin } from '../loaded.ts';
import { isolationOf, roleOf, schemaOf } from './names.ts';

const CONNECTIONS = 3;
const STATEMENT_MS = 10_000;
const WAIT_MS = 5_000;

const pools = new WeakMap<Database, Map<string, Database>>();

/** Rows of a plugin's statement, over a connection of the plugin's. */
export function queryOutside<R>(plugin: LoadedPlugin, db: Database, statement: Statement): Promise<R[]> {
  return poolOf(plugin, db).query<R>({ text: statement.text, values: statement.values, prepared: true });
}

/** Ends the connections of a plugin, where it is there no longer. */
export async function closePluginPool(db: Database, id: string): Promise<void> {
  const pool = pools.get(db)?.get(id);
  pools.get(db)?.delete(id);
  await pool?.close();
}

function poolOf(plugin: LoadedPlugin, db: Database): Database {
  const known = pools.get(db) ?? closedWith(db, new Map<string, Database>());
  let pool = known.get(plugin.id);
  if (!pool) {
    pool = openDatabase(urlAs(plugin, db.url), {
      max: CONNECTIONS,
      timeoutMs: WAIT_MS,
      onError: (error) => plugin.log.warn({ plugin: plugin.id, reason: error.name }, 'an idle connection of a plugin was lost'),
    });
    // Reads that are over hold no process up.
    pool.pool.options.allowExitOnIdle = true;
    known.set(plugin.id, pool);
  }
  return pool;
}

// They end with the connections that they stand beside.
function closedWith(db: Database, known: Map<string, Database>): Map<string, Database> {
  pools.set(db, known);
  const { close } = db;
  db.close = async () => {
    await Promise.all([...known.values()].map((pool) => pool.close()));
    known.clear();
    await close();
  };
  return known;
}

// What a URL says of options goes before what the pool says, so all of them are said here.
function urlAs(plugin: LoadedPlugin, url: string): string {
  const settings = [
    ...(isolationOf(plugin) === 'ROLE' ? [`role=${roleOf(plugin)}`] : []),
    `search_path=${schemaOf(plugin)},pg_catalog`,
    `statement_timeout=${STATEMENT_MS}`,
    'timezone=UTC',
    'jit=off',
  ];
  const [, before] = /[?&]options=([^&]*)/.exec(url) ?? [];
  const options = [...(before ? [decodeURIComponent(before)] : []), ...settings.map((setting) => `-c ${setting}`)].join(' ');
  return `${url}${url.includes('?') ? '&' : '?'}options=${encodeURIComponent(options)}`;
}
