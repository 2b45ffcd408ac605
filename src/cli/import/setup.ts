// What has to be there before the first row: attribute definitions, kinds, touch points.
import { failure } from '../failure.ts';
import type { SourceValues } from './expression.ts';
import type { Mapping } from './mapping.ts';
import type { SendOptions } from './send.ts';
import { sendRows } from './send.ts';
import type { Target } from './targets.ts';

/** Keys of custom attributes, by the target whose rows carry them, that a dry run found to be still undefined. */
export type PendingAttributes = Map<string, Set<string>>;
export type SetupOutcome = { lines: string[]; created: number; pending: PendingAttributes };

const ENTITY_TARGETS: Record<string, string> = { CUSTOMER: 'customers', INTERACTION: 'interactions' };

/** Sends the setup rows of a mapping. A refused one ends the import: what follows builds on it. */
export async function runSetup(setup: Mapping['setup'], importId: string, options: Omit<SendOptions, 'target'>): Promise<SetupOutcome> {
  const outcome: SetupOutcome = { lines: [], created: 0, pending: new Map() };
  for (const [step, { target, rows }] of setup.entries()) {
    const results = await sendRows(rows, `${importId}:setup:${step}`, { ...options, target });
    results.forEach((result, index) => {
      if (result.status === 'REJECTED') {
        const [problem] = result.problems;
        throw failure(
          'SETUP_REJECTED',
          `setup[${step}].rows[${index}] (${target.into}) is refused: ${problem?.message ?? 'no reason given'} [${problem?.code ?? '?'}]`,
        );
      }
      if (result.status === 'CREATED' && options.dryRun) notePending(outcome.pending, target, rows[index] as SourceValues);
    });
    const of = (status: string): number => results.filter((result) => result.status === status).length;
    outcome.created += of('CREATED');
    outcome.lines.push(`setup ${target.into}: created ${of('CREATED')}, updated ${of('UPDATED')}, unchanged ${of('UNCHANGED')}`);
  }
  return outcome;
}

function notePending(pending: PendingAttributes, target: Target, row: SourceValues): void {
  const into = target.into === 'attributeDefinitions' ? ENTITY_TARGETS[String(row.entity)] : undefined;
  if (!into) return;
  pending.set(into, (pending.get(into) ?? new Set()).add(String(row.key)));
}

/** A row as a dry run may send it: without the attributes that only the real import defines. */
export function withoutPending(row: SourceValues, pending: Set<string> | undefined): SourceValues {
  const attributes = row.attributes;
  if (!pending || attributes === null || typeof attributes !== 'object') return row;
  return { ...row, attributes: Object.fromEntries(Object.entries(attributes).filter(([key]) => !pending.has(key))) };
}
