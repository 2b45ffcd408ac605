// Takes a plugin's data out of the database. Servers must not run it any more: they would find their tables gone.
import { type Database, openDatabase } from '../../db/database.ts';
import { idPattern } from '../../plugin/names.ts';
import { type Uninstalled, uninstallPlugin } from '../../plugin/own-tables/index.ts';
import { readConfig } from '../../server/config.ts';
import { EXIT, failure, reportFailure } from '../failure.ts';

export async function uninstall(id: string, yes: boolean): Promise<void> {
  if (!idPattern.test(id)) throw failure('PLUGIN_ID_INVALID', `"${id.slice(0, 60)}" is no id of a plugin.`);
  if (!yes) {
    throw failure('NOT_CONFIRMED', `this would delete the tables of ${id} and everything in them; nothing was done.`, {
      hint: 'Stop the servers that load it, then add --yes.',
    });
  }
  const { databaseUrl, dataDir } = readConfig();
  const log = (line: string): void => void process.stderr.write(`${line}\n`);
  const embedded = databaseUrl ? undefined : await (await import('../../db/embedded/index.ts')).startEmbeddedDatabase({ dataDir, log });
  const db = openDatabase(databaseUrl ?? embedded?.url ?? '', { max: 2 });
  try {
    process.exitCode = await run(db, id);
  } finally {
    await db.close();
    await embedded?.stop();
  }
}

async function run(db: Database, id: string): Promise<number> {
  const done = await uninstallPlugin(db, id);
  if (done.found) {
    process.stdout.write(`${summary(id, done)}\n`);
    return EXIT.done;
  }
  reportFailure(failure('PLUGIN_UNKNOWN', `there is nothing of ${id} in this database.`));
  return EXIT.failed;
}

function summary(id: string, { tables, handlers, failures, attributesLeft }: Uninstalled): string {
  const left = attributesLeft.length > 0 ? `; attributes left, with their values: ${attributesLeft.join(', ')}` : '';
  return `uninstalled ${id}: ${tables.length} tables (${tables.join(', ') || 'none'}), ${handlers} handlers, ${failures} failures${left}`;
}
