import { existsSync } from 'node:fs';
import { EXIT } from '../failure.ts';
import { summaryLine } from './counts.ts';
import type { ImportOutcome } from './run.ts';

/** Prints what an import did, its sum as the last line of standard output, and gives the exit code. */
export function printOutcome(outcome: ImportOutcome, resumable: boolean): number {
  const { passes, total, setup, dryRun, rejectsPath } = outcome;
  const lines = [...(setup?.lines ?? [])];
  if (passes.length > 1) {
    for (const { name, counts } of passes) {
      lines.push(`pass ${name}: ${summaryLine(counts)}${counts.skipped > 0 ? `, skipped ${counts.skipped}` : ''}`);
    }
  }
  for (const note of dryRun ? dryRunNotes(outcome) : []) process.stderr.write(`${note}\n`);
  if (total.rejected > 0 && existsSync(rejectsPath)) process.stderr.write(`rejected rows and their reasons: ${rejectsPath}\n`);
  if (outcome.end === 'interrupted') {
    process.stderr.write(resumable ? 'interrupted; the same command goes on from here\n' : 'interrupted\n');
  }
  process.stdout.write(`${[...lines, summaryLine(total)].join('\n')}\n`);
  if (outcome.end === 'interrupted') return EXIT.interrupted;
  outcome.finish();
  return total.rejected > 0 ? EXIT.rejectedRows : EXIT.done;
}

function dryRunNotes({ passes, setup }: ImportOutcome): string[] {
  const notes = ['dry run: nothing was written'];
  if (setup && setup.created > 0) {
    notes.push(
      '  what the setup would create is not there, so rows that need it may be rejected here; custom attributes it would define were left out of the check',
    );
  }
  if (passes.length > 1) {
    notes.push(
      '  passes do not see what earlier passes would have created: rows that refer to it count as rejected here and need not be in the real import',
    );
  }
  notes.push('  batches do not see each other either: records that come in several batches count as created in each');
  return notes;
}
