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
    .command('uninstall')
    .argument('<id>', 'of a plugin that is no longer loaded, or will be stopped')
    .option('--yes', 'do it: its tables and everything in them are gone for good')
    .description('remove the data of a plugin from the database (DATABASE_URL, else the embedded one)')
    .action(async (id: string, { yes = false }: { yes?: boolean }) => (await import('../plugin/uninstall.ts')).uninstall(id, yes));
}

async function create(id: string, { dir }: { dir: string }): Promise<void> {
  const { createPlugin } = await import('../plugin/create.ts');
  const files = createPlugin(id, outputPath(dir));
  process.stdout.write(`${files.map((file) => `wrote ${file}`).join('\n')}\n`);
  process.stderr.write(`test it:  npx vitest run ${dir}/${id}\nrun it:   npm start   (plugins/ is loaded at start)\n`);
}
