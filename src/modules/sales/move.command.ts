// Moving an opportunity through its pipeline, or to another one.
import type { z } from 'zod';
import { defineCommand } from '../../commands/command.ts';
import { dateTime, id, input, longText, version } from '../../commands/fields.ts';
import { expectVersion } from '../../commands/rows.ts';
import { type UserError, UserErrors } from '../../commands/user-errors.ts';
import { type OpportunityInput, pipelineRef, plainFields, stageRef } from './opportunity-fields.ts';
import { lockOpportunity } from './ownership.ts';
import { prepareDrafts } from './prepare.ts';
import { saveOpportunity } from './save.ts';

type MoveInput = Pick<OpportunityInput, 'value' | 'expectedCloseOn' | 'owner' | 'closeReason' | 'lostTo' | 'closeNote' | 'pipeline'> & {
  id: string;
  stage: string;
  occurredAt?: Date | null;
  reason?: string | null;
  expectedVersion?: number | null;
};

const { value, expectedCloseOn, owner, closeReason, lostTo, closeNote } = plainFields;

export const opportunityMove = defineCommand<MoveInput, { id: string }>({
  name: 'opportunityMove',
  description:
    'Moves an opportunity to a stage and keeps the move in its history. A won or lost stage closes it, an open one opens it again. To the stage where it stands: changes only what is told beside. OPPORTUNITY_FIELD_REQUIRED names each field that the stage asks for.',
  permission: 'opportunities:write',
  input: input('OpportunityMoveInput', 'What moves where.', {
    id: id('Opportunity', 'The opportunity.'),
    stage: stageRef('Key of the stage to enter.'),
    pipeline: pipelineRef('Key of the pipeline of the stage; its own unless told.').nullish(),
    occurredAt: dateTime('When it entered the stage; now unless told. Not in the future and not before its last move.').nullish(),
    reason: longText('Why it moved.', 2000).nullish(),
    ...{ value, expectedCloseOn, owner, closeReason, lostTo, closeNote },
    expectedVersion: version(),
  }) as unknown as z.ZodType<MoveInput>,
  run: async (ctx, { id: asked, occurredAt, reason, expectedVersion, ...fields }) => {
    const row = await lockOpportunity(ctx, asked);
    expectVersion('Opportunity', row, expectedVersion);
    const refuse = (_index: number, ...errors: UserError[]) => {
      throw new UserErrors(errors);
    };
    const [draft] = await prepareDrafts(ctx, [{ index: 0, value: fields, row }], refuse);
    return saveOpportunity(ctx, { ...draft!, movedAt: occurredAt ?? null, reason: reason ?? null });
  },
});
