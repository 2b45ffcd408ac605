import type { Command } from 'commander';
import { EXIT } from '../failure.ts';

/** `trato migrate`: brings the database to this version without starting the server, for rollouts in steps. */
export function registerMigrate(program: Command): void {
  program
    .command('migrate')
    .description('apply the migrations that the database lacks (DATABASE_URL, else the embedded one)')
    .option('--status', 'tell which are applied and which are not, and change nothing')
    .action(async ({ status = false }: { status?: boolean }) => {
      process.exitCode = await migrate(status);
    });
}

async function migrate(status: boolean): Promise<number> {
  const [{ readConfig }, { failureLine }, { applyMigrations, readMigrationState }] = await Promise.all([
    import('../../server/config.ts'),
    import('../../server/failure.ts'),
    import('../../db/migrate.ts'),
  ]);
  const log = (line: string): void => void process.stderr.write(`${line}\n`);
  try {
    const { databaseUrl, dataDir } = readConfig();
    const embedded = databaseUrl ? undefined : await (await import('../../db/embedded/index.ts')).startEmbeddedDatabase({ dataDir, log });
    try {
      const url = databaseUrl ?? embedded?.url ?? '';
      if (status) {
        const state = await readMigrationState({ url });
        process.stdout.write(
          `${[...state.applied.map((name) => `applied ${name}`), ...state.pending.map((name) => `pending ${name}`)].join('\n')}\n`,
        );
      } else {
        const { applied } = await applyMigrations({ url, log });
        process.stdout.write(`applied ${applied.length}\n`);
      }
      return EXIT.done;
    } finally {
      await embedded?.stop();
    }
  } catch (error) {
    process.stderr.write(`${failureLine(error)}\n`);
    return EXIT.failed;
  }
}
