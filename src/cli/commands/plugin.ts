import type { Command } from 'commander';
import { outputPath } from '../paths.ts';

/** `trato plugin`: making plugins, telling which are loaded, and taking one away with its data. */
export function registerPlugin(program: Command): void {
  const plugin = program.command('plugin').description('make, list and uninstall plugins');
  plugin
    .command('create')
    .argument('<id>', 'lower-case words joined by -, such as loyalty or channel-email')
    .option('--dir <folder>', 'where plugins are', 'plugins')
    .description('write a plugin that works, with its test')
    .action(create);
  plugin
    .command('list')
    .option('--json', 'as JSON')
    .description('tell the plugins that a server would load, and what they may do')
    .action(async (options: { json?: boolean }) => (await import('../plugin/list.ts')).listPlugins(options));
  plugin
    .command('words')
    .option('--json', 'as JSON')
    .description('tell the words that plugins are written with: capabilities, subjects, types, events and their data, commands')
    .action(async (options: { json?: boolean }) => (await import('../plugin/words.ts')).listWords(options));
  plugin
    .command('uninstall')
    .argument('<id>', 'of a plugin that is no longer loaded, or will be stopped')
    .option('--yes', 'do it: its tables and everything in them are gone for good')
    .description('remove the data of a plugin from the database (DATABASE_URL, else the embedded one)')
    .action(async (id: string, { yes = false }: { yes?: boolean }) => (await import('../plugin/uninstall.ts')).uninstall(id, yes));
}

async function create(id: string, { dir }: { dir: string }): Promise<void> {
  const { createPlugin, waysOf } = await import('../plugin/create.ts');
  const folder = outputPath(dir);
  const files = createPlugin(id, folder);
  const { test, run } = waysOf(id, folder);
  process.stdout.write(`${files.map((file) => `wrote ${file}`).join('\n')}\n`);
  process.stderr.write(`in the folder of Trato,\n  test it:  ${test}\n  run it:   ${run}\n`);
}
