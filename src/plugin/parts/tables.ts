// The capability `tables`: migrations of the plugin's own tables, applied before anything else of it runs.
import type { TablesHost } from '../host.ts';
import type { PartMaker } from '../loaded.ts';
import { addMigrations, applyMigrations, prepareSchema, recordInstallation } from '../own-tables/index.ts';

export const tablesPart: PartMaker<TablesHost> = (plugin) => {
  const migrations = new Map<string, string>();
  plugin.prepare.push(async (db) => {
    await recordInstallation(db, plugin);
    await prepareSchema(db, plugin);
    await applyMigrations(db, plugin, migrations);
  });
  return {
    migrations(given) {
      addMigrations(migrations, given);
      for (const name of Object.keys(given)) plugin.added.push({ kind: 'MIGRATION', name });
    },
  };
};
