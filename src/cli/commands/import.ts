import type { Command } from 'commander';
import { interruption } from '../interruption.ts';
import { wholeNumber } from '../options.ts';
import { inputPath, outputPath } from '../paths.ts';

type Options = {
  mapping: string;
  url?: string;
  key?: string;
  dryRun?: boolean;
  rejects?: string;
  state?: string;
  restart?: boolean;
  concurrency: number;
  batchSize: number;
  retryFor: number;
  quiet?: boolean;
};

/** `trato import`: a file of CSV or JSON Lines through the API's bulk mutations. */
export function registerImport(program: Command): void {
  program
    .command('import')
    .description('import CSV or JSON Lines (also .gz) through the API; docs/import.md tells about mappings')
    .argument('<file>', 'the file to read, or - for standard input')
    .requiredOption('--mapping <file>', 'which columns become which fields')
    .option('--url <url>', 'the API (default: the local server)')
    .option('--key <key>', "the API key (default: TRATO_API_KEY, else the local server's)")
    .option('--dry-run', 'tell what would happen and change nothing')
    .option('--rejects <file>', 'where rejected rows go (default: <file>.rejected.jsonl)')
    .option('--state <file>', 'where an interrupted import keeps its place (default: <file>.import-state.json)')
    .option('--restart', 'forget an interrupted import of this file and start over')
    .option('--concurrency <n>', 'batches under way at once, where order does not matter', wholeNumber(1, 16), 2)
    .option('--batch-size <n>', 'rows a request', wholeNumber(1, 500), 500)
    .option('--retry-for <seconds>', 'how long to wait for a server that is away', wholeNumber(0, 86_400), 120)
    .option('--quiet', 'no progress on standard error')
    .action(async (file: string, options: Options) => {
      process.exitCode = await importFile(file, options);
    });
}

async function importFile(file: string, options: Options): Promise<number> {
  const [{ runImport }, { localKey, localUrl }] = await Promise.all([import('../import/run.ts'), import('../api/local-server.ts')]);
  const path = file === '-' ? '-' : inputPath(file);
  const beside = path === '-' ? outputPath('stdin') : path;
  const suffix = options.dryRun ? '.dry-run.rejected.jsonl' : '.rejected.jsonl';
  const interrupt = interruption();
  try {
    const outcome = await runImport({
      inputPath: path,
      mappingPath: inputPath(options.mapping),
      url: options.url ?? localUrl(),
      key: options.key ?? localKey(),
      dryRun: options.dryRun ?? false,
      restart: options.restart ?? false,
      rejectsPath: options.rejects ? outputPath(options.rejects) : `${beside}${suffix}`,
      statePath: options.state ? outputPath(options.state) : `${beside}.import-state.json`,
      concurrency: options.concurrency,
      batchSize: options.batchSize,
      retryForMs: options.retryFor * 1000,
      quiet: options.quiet ?? false,
      interrupt: interrupt.signal,
    });
    const { printOutcome } = await import('../import/summary.ts');
    return printOutcome(outcome, path !== '-' && !options.dryRun);
  } finally {
    interrupt.release();
  }
}
