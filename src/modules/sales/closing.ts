// What may be said about how an opportunity ended.
import type { CommandContext } from '../../commands/command.ts';
import { type UserError, userError } from '../../commands/user-errors.ts';
import type { OpportunityRow, OpportunityStatus } from '../../db/models.ts';
import type { Draft } from './draft.ts';

/** A closing reason as it was found by its key. */
export type Reason = { id: string; outcome: OpportunityStatus };

// Of the reasons that this command looked up, by id: their outcome is known without reading them again.
const outcomes = new WeakMap<CommandContext, Map<string, OpportunityStatus>>();

/** Remembers the outcomes of reasons for `checkClosing`. */
export function rememberReasons(ctx: CommandContext, reasons: Iterable<Reason>): void {
  const known = outcomes.get(ctx) ?? new Map<string, OpportunityStatus>();
  for (const { id, outcome } of reasons) known.set(id, outcome);
  outcomes.set(ctx, known);
}

/** What of the draft does not fit the way in which the opportunity ended, or that it did not. */
export function checkClosing(ctx: CommandContext, after: OpportunityRow, { columns }: Draft): UserError[] {
  const errors: UserError[] = [];
  const outcome = columns.closeReasonId ? outcomes.get(ctx)?.get(columns.closeReasonId) : undefined;
  if (columns.closeReasonId && (after.status === 'OPEN' || (outcome && outcome !== after.status))) {
    errors.push(
      userError('CLOSE_REASON_OUTCOME', `This is no reason for an opportunity that is ${after.status.toLowerCase()}.`, ['closeReason']),
    );
  }
  if (columns.lostToId && after.status !== 'LOST') {
    errors.push(userError('CLOSE_REASON_OUTCOME', 'Only a lost opportunity was won by a competitor.', ['lostTo']));
  }
  return errors;
}
