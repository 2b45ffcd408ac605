// Days that have to do with customers: once a day and rule, in the time zone of the workspace. A day that nobody ran is
// caught up on, as far as a month back.
import sql, { type Sql } from 'sql-template-tag';
import type { CommandContext } from '../../commands/command.ts';
import { inWorkspace } from '../../commands/system.ts';
import type { Database } from '../../db/database.ts';
import { defineSchedule } from '../../jobs/index.ts';
import { dayAfter, fire } from './fire.ts';
import { setNextRun } from './rules.commands.ts';
import { reasonOf, type Settings } from './settings.ts';

const HOUR = 3_600_000;
const MOST_DAYS_BACK = 31;
const CHUNK = 200;

defineSchedule({ name: 'opportunity-factory-dates', everyMs: HOUR, run: (db) => runDueDates(db, new Date()) });

type Due = { workspaceId: string; id: string; today: string; nextRunOn: string | null; settings: Settings['DATE_REACHED'] };

const dueSql = (now: Date): Sql => sql`
  select r.workspace_id as "workspaceId", r.id, r.settings, to_char(r.next_run_on, 'YYYY-MM-DD') as "nextRunOn", to_char(t.today, 'YYYY-MM-DD') as today
  from opportunity_rules r join workspaces w on w.id = r.workspace_id
  cross join lateral (select (${now}::timestamptz at time zone w.time_zone)::date as today) t
  where r.signal = 'DATE_REACHED' and r.active and r.archived_at is null and (r.next_run_on is null or r.next_run_on <= t.today)`;

/** Makes the opportunities of all days that are due at `now`. Repeating it, also at the same time, makes none twice. */
export async function runDueDates(db: Database, now: Date): Promise<void> {
  const failures: unknown[] = [];
  for (const rule of await db.query<Due>(sql`${dueSql(now)} order by r.workspace_id, r.id`)) {
    // One that fails comes again with the next run, and keeps none of the others waiting.
    await runRule(db, rule, now).catch((error) => failures.push(error));
  }
  if (failures.length > 0) throw new AggregateError(failures, `${failures.length} rules about dates failed: ${String(failures[0])}`);
}

// In pieces, each a transaction: the firings that are remembered keep a run that begins anew from making any again.
async function runRule(db: Database, { workspaceId, id }: Due, now: Date): Promise<void> {
  for (let after: string | null = null; ; ) {
    const from: string | null = after;
    after = await db.transaction((tx) =>
      inWorkspace(
        tx,
        workspaceId,
        async (ctx) => {
          await tx.query(
            sql`select id from opportunity_rules where workspace_id = ${workspaceId}::uuid and id = ${id}::uuid for no key update`,
          );
          const [rule] = await tx.query<Due>(sql`${dueSql(now)} and r.workspace_id = ${workspaceId}::uuid and r.id = ${id}::uuid`);
          if (!rule) return null;
          const ids = await reached(ctx, rule, from);
          const reason = reasonOf('DATE_REACHED', rule.settings);
          await fire(
            ctx,
            ids.map((customerId) => ({ ruleId: id, customerId, reason, cause: null })),
          );
          if (ids.length === CHUNK) return ids.at(-1)!;
          await setNextRun(ctx, id, dayAfter(rule.today, 1));
          return null;
        },
        { now },
      ),
    );
    if (after === null) return;
  }
}

/** The next customers by id whose day falls on one of the days that are to be looked at. */
async function reached(ctx: CommandContext, { settings, nextRunOn, today }: Due, after: string | null): Promise<string[]> {
  const { daysBefore, daysAfter } = settings;
  const earliest = dayAfter(today, -MOST_DAYS_BACK);
  const begin = nextRunOn === null ? today : nextRunOn < earliest ? earliest : nextRunOn;
  const days = { from: dayAfter(begin, daysBefore - daysAfter), to: dayAfter(today, daysBefore - daysAfter) };
  const rows = await ctx.tx.query<{ id: string }>(sql`select c.id from customers c
    where c.workspace_id = ${ctx.workspaceId}::uuid and c.archived_at is null and (${after}::uuid is null or c.id > ${after}::uuid)
      and ${fallsOn(ctx.workspaceId, settings, days)} order by c.id limit ${CHUNK}`);
  return rows.map(({ id }) => id);
}

type Days = { from: string; to: string };

/** Whether the day of customer `c` is one of these. */
export function fallsOn(workspaceId: string, { date, yearly }: Settings['DATE_REACHED'], days: Days): Sql {
  if ('lastPurchase' in date) {
    const zone = sql`(select w.time_zone from workspaces w where w.id = ${workspaceId}::uuid)`;
    // Within the days, and nothing after it.
    return sql`exists (select from opportunities o where o.workspace_id = c.workspace_id and o.customer_id = c.id and o.status = 'WON' and o.archived_at is null
      having (max(o.closed_at) at time zone ${zone})::date between ${days.from}::date and ${days.to}::date)`;
  }
  const day = 'birthday' in date ? sql`to_char(c.birth_date, 'YYYY-MM-DD')` : sql`c.attributes ->> ${date.attribute}`;
  if (!yearly) return sql`${day} between ${days.from} and ${days.to}`;
  return sql`(substr(${day}, 6) = any(${daysOfYear(days)}::text[]) and ${day} <= ${days.to})`;
}

/** The days as `MM-DD`; 29 February is kept on the 28th of a year that has none. */
export function daysOfYear({ from, to }: Days): string[] {
  const found = new Set<string>();
  for (let day = from; day <= to; day = dayAfter(day, 1)) {
    found.add(day.slice(5));
    if (day.endsWith('-02-28') && !dayAfter(day, 1).endsWith('-02-29')) found.add('02-29');
  }
  return [...found];
}
