// Judging leads by criteria, those among them that leave it to a strategy how many of their points somebody gets.
import sql from 'sql-template-tag';
import type { CommandContext } from '../../commands/command.ts';
import { askStrategy } from '../../commands/strategies.ts';
import type { Queryable } from '../../db/database.ts';
import {
  applyCriterion,
  type Criterion,
  emitScored,
  evaluatedSql,
  type Judging,
  loadCriteria,
  OPEN,
  type Points,
  type Scored,
  shareScores,
} from './score.ts';

/** Of how many customers a strategy is asked at once. */
const BATCH = 500;

/** Makes the points of a criterion equal to what its rule and its strategy say; null where the strategy did not answer. Take a lock first. */
export async function judge(tx: Queryable, criterion: Criterion, work: Judging): Promise<Scored[] | null> {
  const { strategy } = criterion;
  if (strategy === null) return applyCriterion(tx, criterion, work);
  const scored: Scored[] = [];
  for await (const customers of batchesOf(tx, work)) {
    const some = { ...work, customers };
    const points = await pointsOf(tx, criterion, strategy, some);
    if (!points) return null;
    scored.push(...(await applyCriterion(tx, criterion, some, points)));
  }
  return scored;
}

/** Customers with open leads, or those in question. */
async function* batchesOf(tx: Queryable, { workspaceId, customers }: Judging): AsyncGenerator<readonly string[]> {
  if (customers !== null) {
    for (let i = 0; i < customers.length; i += BATCH) yield customers.slice(i, i + BATCH);
    return;
  }
  for (let last: string | null = null; ; ) {
    const after = last === null ? sql`` : sql`and customer_id > ${last}::uuid`;
    const rows: { id: string }[] = await tx.query(sql`select distinct customer_id as id from leads
      where workspace_id = ${workspaceId}::uuid and status in ${OPEN} and archived_at is null ${after} order by 1 limit ${BATCH}`);
    if (rows.length === 0) return;
    last = rows.at(-1)!.id;
    yield rows.map(({ id }) => id);
  }
}

async function pointsOf(tx: Queryable, { rule, points }: Criterion, strategy: string, work: Judging): Promise<Points | null> {
  const { workspaceId, now } = work;
  const rows = await tx.query<{ id: string }>(sql`select customer_id as id from (${evaluatedSql(rule, work)}) e where e.holds order by 1`);
  if (rows.length === 0) return new Map();
  const ids = rows.map(({ id }) => id);
  const answered = await askStrategy({ tx, workspaceId, now }, 'LEAD_SCORE', strategy, ids);
  if (!answered) return null;
  const own = ids.map((id) => [id, Math.round(points * Math.min(1, Math.max(0, answered.answer.get(id) ?? 0)))] as const);
  return new Map(own.filter(([, value]) => value !== 0));
}

/** Judges the open leads of these customers by all criteria, and tells of it. The leads are written already. */
export async function scoreLeadsOf(ctx: CommandContext, customers: readonly string[], reason: string): Promise<void> {
  const { tx, workspaceId, now } = ctx;
  await shareScores(tx, workspaceId);
  const scored: Scored[] = [];
  for (const criterion of await loadCriteria(tx, workspaceId)) {
    const some = await judge(tx, criterion, { workspaceId, now, customers });
    if (some) scored.push(...some);
    else await lookAgain(ctx, criterion, customers);
  }
  emitScored(ctx, scored, { reason });
}

// What a command does must not wait for a strategy that fails: the background asks it again.
async function lookAgain({ tx, workspaceId, now }: CommandContext, { id }: Criterion, customers: readonly string[]): Promise<void> {
  await tx.execute(sql`insert into rule_checks (workspace_id, unit_id, customer_id, due_at)
    select ${workspaceId}::uuid, ${id}::uuid, c.id, ${now} from unnest(${[...customers]}::uuid[]) c(id) order by c.id
    on conflict (workspace_id, unit_id, customer_id) do update set due_at = least(rule_checks.due_at, excluded.due_at)`);
}
