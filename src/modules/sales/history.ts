// The history of stages: one row for each entry, which ends where the next begins.
import sql from 'sql-template-tag';
import type { CommandContext } from '../../commands/command.ts';
import { insertRows } from '../../commands/rows.ts';
import { type UserError, userError } from '../../commands/user-errors.ts';
import { newId } from '../../lib/typeid.ts';
import type { Entry } from './course.ts';

type Span = { id: string; opportunityId: string; occurredAt: Date; leftAt: Date | null };

/** Writes entries of locked opportunities: the first of each ends the one that is there, unless the opportunity is new. */
export async function recordEntries(ctx: CommandContext, moved: { id: string; entries: Entry[]; isNew: boolean }[]): Promise<void> {
  const some = moved.filter(({ entries }) => entries.length > 0);
  await endPresent(
    ctx,
    some.filter(({ isNew }) => !isNew),
  );
  const { kind, id: actorId } = ctx.viewer.actor;
  const rows = some.flatMap(({ id: opportunityId, entries }) =>
    entries.map(({ fromId, toId, at, reason }, i) => ({
      workspaceId: ctx.workspaceId,
      id: newId(),
      opportunityId,
      fromId,
      toId,
      occurredAt: at,
      leftAt: entries[i + 1]?.at ?? null,
      reason,
      actorKind: kind,
      actorId,
      createdAt: ctx.now,
    })),
  );
  await insertRows(ctx.tx, 'OpportunityTransition', rows);
}

async function endPresent(ctx: CommandContext, some: { id: string; entries: Entry[] }[]): Promise<void> {
  if (some.length === 0) return;
  // One index look-up for each, whatever the planner believes of the table's size.
  await ctx.tx.execute(sql`update opportunity_transitions t set left_at = m.at
    from (select p.id, r.at from unnest(${some.map(({ id }) => id)}::uuid[], ${some.map(({ entries }) => entries[0]!.at)}::timestamptz[]) as r(id, at)
      cross join lateral (select x.id from opportunity_transitions x where x.workspace_id = ${ctx.workspaceId}::uuid and x.opportunity_id = r.id
        and x.left_at is null limit 1) p) m
    where t.workspace_id = ${ctx.workspaceId}::uuid and t.id = m.id`);
}

export type Correction = { id: string; openedAt?: Date; closedAt?: Date };

/** The histories of these opportunities, each in its order. */
export async function historiesOf(ctx: CommandContext, ids: readonly string[]): Promise<Map<string, Span[]>> {
  if (ids.length === 0) return new Map();
  const spans = await ctx.tx.query<Span>(sql`select id, opportunity_id as "opportunityId", occurred_at as "occurredAt", left_at as "leftAt"
    from opportunity_transitions where workspace_id = ${ctx.workspaceId}::uuid and opportunity_id = any(${[...ids]}::uuid[])
    order by opportunity_id, occurred_at, id`);
  return Map.groupBy(spans, (span) => span.opportunityId);
}

/** What speaks against moving the begin or the end of a history; `spans` are changed where nothing does. */
export function correctSpans(spans: Span[], { openedAt, closedAt }: Omit<Correction, 'id'>): UserError | null {
  const first = spans[0]!;
  const last = spans.at(-1)!;
  if (openedAt) {
    if (first.leftAt && openedAt > first.leftAt && !(closedAt && spans.length === 2)) {
      return userError('OPPORTUNITY_HISTORY_ORDER', `It moved on at ${first.leftAt.toISOString()}: it was opened before that.`, [
        'openedAt',
      ]);
    }
    first.occurredAt = openedAt;
  }
  if (closedAt) {
    const before = spans.at(-2);
    if (closedAt < (before ?? first).occurredAt && before) {
      return userError('OPPORTUNITY_HISTORY_ORDER', 'It was closed before its last move.', ['closedAt']);
    }
    last.occurredAt = closedAt;
    if (before) before.leftAt = closedAt;
  }
  return null;
}

/** Writes corrected histories. */
export async function writeSpans(ctx: CommandContext, spans: readonly Span[]): Promise<void> {
  if (spans.length === 0) return;
  await ctx.tx.execute(sql`update opportunity_transitions t set occurred_at = s.occurred_at, left_at = s.left_at
    from unnest(${spans.map((span) => span.id)}::uuid[], ${spans.map((span) => span.occurredAt)}::timestamptz[],
      ${spans.map((span) => span.leftAt)}::timestamptz[]) as s(id, occurred_at, left_at)
    where t.workspace_id = ${ctx.workspaceId}::uuid and t.id = s.id`);
}
