import type { Command } from 'commander';
import { EXIT, isFailure } from '../failure.ts';
import { interruption } from '../interruption.ts';
import { wholeNumber } from '../options.ts';
import { outputPath } from '../paths.ts';

type Options = { out?: string; fields?: string; after?: string; url?: string; key?: string; retryFor: number; quiet?: boolean };

/** `trato export`: a list of the API as JSON Lines. */
export function registerExport(program: Command): void {
  program
    .command('export')
    .description('write customers, interactions, users, teams, relationships or events as JSON Lines')
    .argument('<what>', 'customers | interactions | users | teams | relationships | events')
    .option('--out <file>', 'where to (default: standard output)')
    .option('--fields <a,b,c>', 'which fields, "owner.name" for one below; default: what an import needs')
    .option('--after <cursor>', 'go on behind this cursor, which an interrupted export told; appends to --out')
    .option('--url <url>', 'the API (default: the local server)')
    .option('--key <key>', "the API key (default: TRATO_API_KEY, else the local server's)")
    .option('--retry-for <seconds>', 'how long to wait for a server that is away', wholeNumber(0, 86_400), 120)
    .option('--quiet', 'no progress on standard error')
    .action(async (what: string, options: Options) => {
      process.exitCode = await exportList(what, options);
    });
}

async function exportList(what: string, options: Options): Promise<number> {
  const [{ runExport }, { localKey, localUrl }] = await Promise.all([import('../export/run.ts'), import('../api/local-server.ts')]);
  const interrupt = interruption();
  // Whoever reads our output may stop reading: `trato export … | head`.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? EXIT.done : EXIT.failed));
  let cursor = options.after;
  const tellCursor = (): void => {
    if (cursor !== undefined) process.stderr.write(`go on with: --after ${cursor}\n`);
  };
  try {
    const outcome = await runExport(
      {
        entity: what,
        out: options.out === undefined ? undefined : outputPath(options.out),
        fields: options.fields?.split(','),
        after: options.after,
        url: options.url ?? localUrl(),
        key: options.key ?? localKey(),
        retryForMs: options.retryFor * 1000,
        quiet: options.quiet ?? false,
        interrupt: interrupt.signal,
      },
      (next) => {
        cursor = next;
      },
    );
    process.stderr.write(`exported ${outcome.written} ${what}\n`);
    if (outcome.end === 'done') return EXIT.done;
    tellCursor();
    return EXIT.interrupted;
  } catch (error) {
    tellCursor();
    if (isFailure(error) && error.code === 'STOPPED') return EXIT.interrupted;
    throw error;
  } finally {
    interrupt.release();
  }
}
