import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Command } from 'commander';
import { EXIT } from '../failure.ts';
import { outputPath } from '../paths.ts';

/** `trato schema`: the API's schema as text, the committed copy of which must not be stale. */
export function registerSchema(program: Command): void {
  program
    .command('schema')
    .description('write the API as SDL')
    .option('--out <file>', 'where to, or - for standard output', 'schema/schema.graphql')
    .option('--check', 'write nothing; fail where the file is stale')
    .action(async ({ out, check = false }: { out: string; check?: boolean }) => {
      process.exitCode = await schema(out, check);
    });
}

async function schema(out: string, check: boolean): Promise<number> {
  const [{ printableSchema }, { printSchema }] = await Promise.all([import('../../graphql/schema.ts'), import('graphql')]);
  const text = `${printSchema(printableSchema())}\n`;
  if (out === '-') {
    process.stdout.write(text);
    return EXIT.done;
  }
  const path = outputPath(out);
  if (!check) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return EXIT.done;
  }
  if (readOr('', path) === text) return EXIT.done;
  process.stderr.write(`trato: ${out} is stale [SCHEMA_STALE]\n       Write it anew with: npm run -s schema\n`);
  return EXIT.failed;
}

function readOr(absent: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return absent;
  }
}
