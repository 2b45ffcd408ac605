// A plugin's own tables: their schema, their migrations, and the statements on them.
export { addMigrations, applyMigrations, type Migrations, recordInstallation } from './migrate.ts';
export { type Isolation, isolationOf, roleOf, schemaOf } from './names.ts';
export { closePluginPool } from './outside.ts';
export { prepareSchema } from './role.ts';
export { type Uninstalled, uninstallPlugin } from './uninstall.ts';
