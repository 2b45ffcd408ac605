// Quotes whose last day has passed run out by themselves.
import sql from 'sql-template-tag';
import type { CommandContext } from '../../commands/command.ts';
import { inWorkspace } from '../../commands/system.ts';
import type { Database } from '../../db/database.ts';
import { defineSchedule } from '../../jobs/index.ts';
import { changeQuote, lockQuote, ranOut } from './states.ts';

const HOUR = 3_600_000;
const BATCH = 100;

type Due = { workspaceId: string; id: string };

/** Lets all quotes run out that are sent and past their last day at `now`; answers how many. */
export async function expireQuotes(db: Database, now: Date): Promise<number> {
  let expired = 0;
  for (;;) {
    const due = await db.query<Due>(sql`select q.workspace_id as "workspaceId", q.id from workspaces w
      cross join lateral (select workspace_id, id from quotes where workspace_id = w.id and status = 'SENT' and valid_until < ${now}::date
        order by valid_until, id limit ${BATCH}) q limit ${BATCH}`);
    if (due.length === 0) return expired;
    for (const { workspaceId, id } of due) {
      await db.transaction((tx) => inWorkspace(tx, workspaceId, (ctx) => expireOne(ctx, id, now)));
      expired++;
    }
  }
}

// It may have been decided since it was found.
async function expireOne(ctx: CommandContext, id: string, now: Date): Promise<void> {
  const { quote, opportunity } = await lockQuote(ctx, { id }, ['DRAFT', 'SENT', 'ACCEPTED', 'REJECTED', 'EXPIRED']);
  if (quote.status !== 'SENT' || !ranOut(quote, now)) return;
  const after = { status: 'EXPIRED' as const, decidedAt: now };
  await changeQuote(ctx, { quote, customerId: opportunity.customerId }, 'quote.expired', after);
}

defineSchedule({
  name: 'quotes.expire',
  everyMs: HOUR,
  run: async (db) => {
    await expireQuotes(db, new Date());
  },
});
