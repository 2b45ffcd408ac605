// Changing where leads come from and how they are scored.
import sql from 'sql-template-tag';
import type { BulkOutcome } from '../../commands/bulk.ts';
import type { Command, CommandContext } from '../../commands/command.ts';
import { crudCommands } from '../../commands/crud.ts';
import { int, key, longText, text } from '../../commands/fields.ts';
import { isStrategy } from '../../commands/strategies.ts';
import { reject } from '../../commands/user-errors.ts';
import { changeUnit, type RuleInput, removeUnit, resolveRule, ruleInput } from '../rules/index.ts';
import { emitScored, lockScores, OPEN, type Scored } from './score.ts';
import { LEAD_SCORE } from './score-unit.ts';
import './leads.entity.ts';

const named = {
  key: key('Stable name, unique in the workspace.'),
  name: text('Name shown to people.'),
  description: longText('What it means.', 2000).nullish(),
};

export const leadSourceCommands = crudCommands({
  entity: 'LeadSource',
  noun: 'leadSource',
  plural: 'leadSources',
  unique: ['key'],
  fields: named,
});

const plain = crudCommands({
  entity: 'LeadCriterion',
  noun: 'leadCriterion',
  plural: 'leadCriteria',
  unique: ['key'],
  fields: {
    ...named,
    points: int('What it adds to the score; negative takes away.', -10_000, 10_000),
    rule: ruleInput('Which customers have it.'),
    strategy: text(
      'The strategy of a plugin, `<plugin>.<name>`, that says how many of the points each of them gets; all unless told.',
    ).nullish(),
  },
  columns: async (ctx, { rule, ...columns }) => {
    if (columns.strategy != null && !isStrategy('LEAD_SCORE', columns.strategy as string)) {
      reject('STRATEGY_UNKNOWN', 'No plugin that runs here has this strategy.', ['strategy']);
    }
    return rule == null
      ? { ...columns, ...(rule === null && { rule }) }
      : { ...columns, rule: await resolveRule(ctx, rule as RuleInput, ['rule']) };
  },
});

/** Has the criteria that a command wrote judged anew for everyone. */
function judging<Input, Result>(command: Command<Input, Result>, idsOf: (result: Result) => string[]): Command<Input, Result> {
  return {
    ...command,
    async run(ctx, input) {
      const result = await command.run(ctx, input);
      for (const id of idsOf(result)) await changeUnit(ctx.tx, ctx.workspaceId, LEAD_SCORE, id);
      return result;
    },
  };
}

const one = ({ id }: { id: string }) => [id];
const written = ({ results }: BulkOutcome) =>
  results.flatMap(({ id, status }) => (id && (status === 'CREATED' || status === 'UPDATED') ? [id] : []));

export const leadCriterionCommands = {
  create: judging(plain.create, one),
  update: judging(plain.update, one),
  restore: judging(plain.restore, one),
  upsert: judging(plain.upsert, written),
  archive: {
    ...plain.archive,
    async run(ctx: CommandContext, input: { id: string }) {
      await lockScores(ctx.tx, ctx.workspaceId);
      const result = await plain.archive.run(ctx, input);
      await removeUnit(ctx.tx, ctx.workspaceId, result.id);
      await takeAll(ctx, result.id);
      return result;
    },
  },
};

// Open leads lose its points; what closed leads had when they closed stays.
async function takeAll(ctx: CommandContext, criterionId: string): Promise<void> {
  const scored = await ctx.tx.query<Scored>(sql`with taken as (
      delete from lead_points p using leads o where p.workspace_id = ${ctx.workspaceId}::uuid and p.criterion_id = ${criterionId}::uuid
        and o.workspace_id = p.workspace_id and o.id = p.lead_id and o.status in ${OPEN}
      returning p.lead_id, p.points
    ) update leads l set score = l.score - t.points, updated_at = ${ctx.now} from taken t
    where l.workspace_id = ${ctx.workspaceId}::uuid and l.id = t.lead_id
    returning l.id, l.customer_id as "customerId", l.score, -t.points as delta`);
  emitScored(ctx, scored, { reason: 'CRITERION_ARCHIVED', criterionId });
}
