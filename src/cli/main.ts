// The `trato` command. Every command is a file of its own that loads its work only when it is called, so that
// `trato --help` and short commands start fast.
import { enableCompileCache } from 'node:module';
import { Command } from 'commander';
import { registerExport } from './commands/export.ts';
import { registerImport } from './commands/import.ts';
import { registerMigrate } from './commands/migrate.ts';
import { registerPlugin } from './commands/plugin.ts';
import { registerSchema } from './commands/schema.ts';
import { registerStart } from './commands/start.ts';
import { EXIT, reportFailure } from './failure.ts';

enableCompileCache();

const program = new Command('trato')
  .description('Trato, a headless CRM: one GraphQL API over one PostgreSQL database.')
  .showHelpAfterError('(trato <command> --help tells more)');

for (const register of [registerStart, registerMigrate, registerImport, registerExport, registerSchema, registerPlugin]) register(program);

try {
  await program.parseAsync();
} catch (error) {
  reportFailure(error);
  process.exitCode = EXIT.failed;
}
