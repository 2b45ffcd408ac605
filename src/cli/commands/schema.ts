import type { Command } from 'commander';
import { failure } from '../failure.ts';
import { outputPath } from '../paths.ts';

type Options = { out: string; plugins?: boolean; check?: boolean; allow?: string; against?: string };

/** `trato schema`: the API's schema as text, the committed copy of which must not be stale or break its consumers. */
export function registerSchema(program: Command): void {
  program
    .command('schema')
    .description('write the API as SDL')
    .option('--out <file>', 'where to, or - for standard output', 'schema/schema.graphql')
    .option('--check', 'write nothing; fail where the file is stale or breaks consumers of the one before it')
    .option('--against <commit>', 'the commit that holds the one before it, for --check')
    .option('--allow <reason>', 'write also what breaks consumers, and note it as decided for this reason')
    .option('--plugins', 'with what the plugins of this server add; without, the core alone')
    .action(schema);
}

async function schema({ out, plugins = false, check = false, allow, against }: Options): Promise<void> {
  if (plugins) await withPlugins();
  const { checkSdl, currentSdl, writeSdl } = await import('../schema/sdl.ts');
  if (out === '-') process.stdout.write(currentSdl());
  else if (check) checkSdl(outputPath(out), against);
  else writeSdl(outputPath(out), allow);
}

/** Loads the plugins that a server with these settings would have. */
async function withPlugins(): Promise<void> {
  const [{ readConfig }, { loadPlugins }] = await Promise.all([import('../../server/config.ts'), import('../../plugin/load-all.ts')]);
  const told = (level: string) => (fields: object, message: string) =>
    void process.stderr.write(`${level}: ${message} ${JSON.stringify(fields)}\n`);
  const log = { info: () => {}, warn: told('warning'), error: told('error') };
  try {
    await loadPlugins(readConfig().plugins, { log, logOf: () => log });
  } catch (error) {
    const { message, code } = error as { message: string; code?: string };
    throw code === 'CONFIG_INVALID' ? failure(code, message) : failure('PLUGIN_FAILED', `plugin ${message}`, { cause: error });
  }
}
