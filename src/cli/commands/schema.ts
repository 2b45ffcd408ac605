import type { Command } from 'commander';
import { outputPath } from '../paths.ts';

type Options = { out: string; check?: boolean; allow?: string; against?: string };

/** `trato schema`: the API's schema as text, the committed copy of which must not be stale or break its consumers. */
export function registerSchema(program: Command): void {
  program
    .command('schema')
    .description('write the API as SDL')
    .option('--out <file>', 'where to, or - for standard output', 'schema/schema.graphql')
    .option('--check', 'write nothing; fail where the file is stale or breaks consumers of the one before it')
    .option('--against <commit>', 'the commit that holds the one before it, for --check')
    .option('--allow <reason>', 'write also what breaks consumers, and note it as decided for this reason')
    .action(schema);
}

async function schema({ out, check = false, allow, against }: Options): Promise<void> {
  const { checkSdl, currentSdl, writeSdl } = await import('../schema/sdl.ts');
  if (out === '-') process.stdout.write(currentSdl());
  else if (check) checkSdl(outputPath(out), against);
  else writeSdl(outputPath(out), allow);
}
