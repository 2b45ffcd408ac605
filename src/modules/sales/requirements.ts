// What a stage asks of the opportunities that enter it.
import sql from 'sql-template-tag';
import type { CommandContext } from '../../commands/command.ts';
import { type UserError, userError } from '../../commands/user-errors.ts';
import type { OpportunityRow } from '../../db/models.ts';
import type { Stage } from './stages.ts';

export const stageRequirements = ['VALUE', 'EXPECTED_CLOSE', 'CUSTOMER', 'OWNER', 'LINES', 'DECISION_MAKER', 'CLOSE_REASON'] as const;
export type StageRequirement = (typeof stageRequirements)[number];

/** Key of the role whose holder a stage can ask for. */
export const DECISION_MAKER = 'decision_maker';

export type Entering = { row: Partial<OpportunityRow>; lines: number; decisionMaker: boolean };

const rules: Record<StageRequirement, { field: string; has: (entering: Entering) => boolean; words: string }> = {
  VALUE: { field: 'value', has: ({ row }) => row.valueAmount != null, words: 'a value' },
  EXPECTED_CLOSE: {
    field: 'expectedCloseOn',
    has: ({ row }) => row.expectedCloseOn != null,
    words: 'a day on which it is expected to be closed',
  },
  CUSTOMER: { field: 'customer', has: ({ row }) => row.customerId != null, words: 'a customer' },
  OWNER: { field: 'owner', has: ({ row }) => row.ownerId != null, words: 'an owner' },
  LINES: { field: 'lines', has: ({ lines }) => lines > 0, words: 'lines' },
  DECISION_MAKER: { field: 'contacts', has: ({ decisionMaker }) => decisionMaker, words: 'a contact who decides' },
  CLOSE_REASON: { field: 'closeReason', has: ({ row }) => row.closeReasonId != null, words: 'a reason for its end' },
};

/** What is missing to enter the stage: one error for each field. */
export function missingFor(stage: Stage, entering: Entering): UserError[] {
  return stage.requiredFields.flatMap((required) => {
    const rule = rules[required as StageRequirement];
    if (!rule || rule.has(entering)) return [];
    return [userError('OPPORTUNITY_FIELD_REQUIRED', `In the stage ${stage.key} an opportunity has ${rule.words}.`, [rule.field])];
  });
}

/** Which of these opportunities have a contact who decides. */
export async function withDecisionMaker(ctx: CommandContext, ids: readonly string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  const rows = await ctx.tx.query<{ id: string }>(sql`select distinct c.opportunity_id as id from opportunity_contacts c
    join opportunity_roles r on r.workspace_id = c.workspace_id and r.id = c.role_id and r.key = ${DECISION_MAKER}
    where c.workspace_id = ${ctx.workspaceId}::uuid and c.opportunity_id = any(${[...ids]}::uuid[])`);
  return new Set(rows.map((row) => row.id));
}
