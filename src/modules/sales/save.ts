// Makes and changes opportunities, however many, each statement for all of them.
import sql from 'sql-template-tag';
import type { CommandContext } from '../../commands/command.ts';
import { changesOf, insertSql, writeManyChanges } from '../../commands/rows.ts';
import { type UserError, UserErrors, userError } from '../../commands/user-errors.ts';
import { RetryTransaction } from '../../db/database.ts';
import type { OpportunityRow } from '../../db/models.ts';
import { newId } from '../../lib/typeid.ts';
import { checkClosing } from './closing.ts';
import { type Course, courseOf } from './course.ts';
import type { Draft, Report } from './draft.ts';
import { correctSpans, historiesOf, recordEntries, writeSpans } from './history.ts';
import { type Line, loadPrices, replaceLines, worthOf } from './lines.ts';
import { emitSaved } from './opportunity-events.ts';
import { defaultOwner, onlyTeamOf } from './ownership.ts';
import { fillBaseAmounts } from './rates.ts';
import { missingFor, withDecisionMaker } from './requirements.ts';
import { loadPipelines } from './stages.ts';

/** A draft that can be carried out. */
export type Plan = {
  draft: Draft;
  id: string;
  course: Course;
  /** The opportunity as it will be. */
  after: OpportunityRow;
  lines: Line[] | null;
  /** How many lines there were. */
  hadLines: number;
};

/** Carries out drafts that name different opportunities, whose rows and customers are locked. */
export async function saveOpportunities(ctx: CommandContext, drafts: readonly Draft[], report: Report): Promise<void> {
  if (drafts.length === 0) return;
  const plans = await planAll(ctx, drafts, report);
  await fillBaseAmounts(
    ctx,
    plans.map((plan) => plan.after),
  );
  const spans = await correctHistories(ctx, plans, report);
  const left = plans.filter((plan) => !spans.refused.has(plan));
  await insertNew(
    ctx,
    left.filter((plan) => !plan.draft.row),
  );
  const known = left.filter((plan) => plan.draft.row);
  const changes = new Map(known.map((plan) => [plan, changesOf(plan.draft.row!, plan.after)]));
  await writeManyChanges(
    ctx,
    'Opportunity',
    known.flatMap((plan) => {
      const change = changes.get(plan);
      if (change) return [{ id: plan.id, after: change.after }];
      return plan.lines ? [{ id: plan.id, after: { name: plan.after.name } }] : [];
    }),
  ).catch(retryTaken);
  await writeSpans(ctx, spans.changed);
  await recordEntries(
    ctx,
    left.map(({ id, course, draft }) => ({ id, entries: course.entries, isNew: !draft.row })),
  );
  await replaceLines(
    ctx,
    left.flatMap(({ id, lines, draft }) => (lines ? [{ id, lines, isNew: !draft.row }] : [])),
  );
  const touched = left.filter((plan) => !plan.draft.row || changes.get(plan) || plan.lines);
  for (const plan of touched) emitSaved(ctx, plan, changes.get(plan) ?? null);
  for (const plan of left) {
    report.done(plan.draft.index, plan.draft.row ? (touched.includes(plan) ? 'UPDATED' : 'UNCHANGED') : 'CREATED', plan.id);
  }
}

/** Carries out one draft; throws what is wrong with it. */
export async function saveOpportunity(ctx: CommandContext, draft: Omit<Draft, 'index'>): Promise<{ id: string }> {
  let saved = '';
  await saveOpportunities(ctx, [{ index: 0, ...draft }], {
    done: (_index, _status, id) => (saved = id),
    reject: (_index, ...errors) => {
      throw new UserErrors(errors);
    },
  });
  return { id: saved };
}

async function planAll(ctx: CommandContext, drafts: readonly Draft[], report: Report): Promise<Plan[]> {
  const pipelines = await loadPipelines(ctx);
  const prices = await loadPrices(ctx, drafts);
  const teams = await onlyTeamOf(
    ctx,
    drafts.flatMap(({ row, columns }) => (!row && columns.teamId === undefined ? (columns.ownerId ?? []) : [])),
  );
  const courses = drafts.map((draft) => courseOf(ctx, pipelines, draft));
  const asked = drafts.flatMap(({ row }, i) => {
    const course = courses[i]!;
    return row && 'stage' in course && course.stage.requiredFields.includes('DECISION_MAKER') ? [row.id] : [];
  });
  const deciders = await withDecisionMaker(ctx, asked);
  const plans: Plan[] = [];
  for (const [i, draft] of drafts.entries()) {
    const course = courses[i]!;
    const worth = worthOf(prices, draft);
    const errors: UserError[] = [...('errors' in course ? course.errors : []), ...('errors' in worth ? worth.errors : [])];
    if ('errors' in course || 'errors' in worth) {
      report.reject(draft.index, ...errors);
      continue;
    }
    const { lines, ...value } = worth;
    const base = draft.row ?? blank(ctx, draft, teams);
    const given = Object.fromEntries(Object.entries(draft.columns).filter(([, column]) => column !== undefined));
    const after = { ...base, ...course.columns, ...given, ...course.corrected, ...value } as OpportunityRow;
    if (course.corrected.closedAt) after.stageSince = course.corrected.closedAt;
    const hadLines = draft.row ? (prices.stored.get(draft.row.id)?.length ?? 0) : 0;
    const entering = { row: after, lines: lines?.length ?? hadLines, decisionMaker: deciders.has(base.id) };
    errors.push(...checkClosing(ctx, after, draft), ...(course.entries.length > 0 ? missingFor(course.stage, entering) : []));
    if (errors.length > 0) report.reject(draft.index, ...errors);
    else plans.push({ draft, id: base.id, course, after, lines, hadLines });
  }
  return plans;
}

// All rows of one insert have the same columns.
function blank(ctx: CommandContext, { columns }: Draft, teams: ReadonlyMap<string, string>): OpportunityRow {
  const ownerId = columns.ownerId ?? defaultOwner(ctx);
  return {
    ...{ workspaceId: ctx.workspaceId, id: newId(), customerId: null, pipelineId: '', stageId: '', ownerId },
    teamId: columns.teamId === undefined && ownerId ? (teams.get(ownerId) ?? null) : null,
    ...{ name: '', status: 'OPEN', valueAmount: null, valueCurrency: null, baseAmount: null, probability: null, forecastCategory: null },
    ...{
      expectedCloseOn: null,
      openedAt: ctx.now,
      closedAt: null,
      stageSince: ctx.now,
      closeReasonId: null,
      lostToId: null,
      closeNote: null,
    },
    ...{ source: null, ruleId: null, leadId: null, tags: [], externalSystem: null, externalId: null, version: 1 },
    ...{ createdAt: ctx.now, updatedAt: ctx.now, archivedAt: null },
  };
}

async function insertNew(ctx: CommandContext, plans: Plan[]): Promise<void> {
  if (plans.length === 0) return;
  const rows = plans.map((plan) => plan.after);
  const inserted = await ctx.tx.execute(sql`${insertSql('Opportunity', rows)} on conflict do nothing`);
  if (inserted < rows.length) throw new RetryTransaction('an external reference was taken meanwhile');
}

// Another transaction took the same external reference meanwhile: begun again, this one finds it.
function retryTaken(error: unknown): never {
  if ((error as { code?: string }).code === '23505') throw new RetryTransaction('an external reference was taken meanwhile');
  throw error;
}

type Corrected = { changed: Parameters<typeof writeSpans>[1]; refused: Set<Plan> };

async function correctHistories(ctx: CommandContext, plans: readonly Plan[], report: Report): Promise<Corrected> {
  const wanted = plans.filter(({ draft, course }) => draft.row && Object.keys(course.corrected).length > 0);
  const histories = await historiesOf(
    ctx,
    wanted.map((plan) => plan.id),
  );
  const refused = new Set<Plan>();
  for (const plan of wanted) {
    const spans = histories.get(plan.id);
    if (!spans) continue;
    const error = correctSpans(spans, plan.course.corrected);
    if (error) {
      refused.add(plan);
      histories.delete(plan.id);
      report.reject(plan.draft.index, error);
    } else if (plan.course.entries.length === 0) plan.after.stageSince = spans.at(-1)!.occurredAt;
  }
  return { changed: [...histories.values()].flat(), refused };
}

/** The error of a reference that another opportunity has. */
export function takenRef(id: string): UserError {
  return userError('DUPLICATE', 'Another opportunity has this external reference.', ['externalRef'], {
    existing: { type: 'Opportunity', id },
  });
}
