// What the company answers: kept until the visitor's widget fetches it.
import {
  type ChannelPorts,
  type HttpAnswer,
  type OutboundMessage,
  PermanentFailure,
  type ReadContext,
  sql,
  type WriteContext,
  z,
} from 'trato/plugin';
import type { Site } from './config.ts';
import { addressOf, siteId } from './visitors.ts';

/** Replies in one answer. */
const PAGE = 50;

export const question = z.strictObject({
  visitor: siteId,
  /** The cursor of the last answer. */
  after: z
    .string()
    .regex(/^\d{1,18}$/, 'What the last answer gave as its cursor.')
    .default('0'),
});

/** Puts a reply where the widget finds it. Sent again, it is there once. */
export async function keepReply(ctx: ReadContext, sites: readonly Site[], message: OutboundMessage): Promise<{ externalId: string }> {
  const { id, customerId, address, body } = message;
  if (!sites.some(({ key }) => address.startsWith(addressOf(key, '')))) throw new PermanentFailure('There is no such site.');
  // Counted from the time, so that a visitor whose counter was erased goes on above what the widget has seen.
  await ctx.sql(sql`
    with counter as (
      insert into counters (workspace_id, address, last)
      values (${ctx.workspaceId}::uuid, ${address}, (extract(epoch from clock_timestamp()) * 1000)::bigint)
      on conflict (workspace_id, address) do update set last = greatest(counters.last + 1, excluded.last)
      returning last
    )
    insert into outbox (workspace_id, id, customer_id, address, position, body, created_at)
    select ${ctx.workspaceId}::uuid, ${id}::uuid, ${customerId}::uuid, ${address}, last, ${body}, ${ctx.now} from counter
    on conflict (workspace_id, id) do nothing`);
  return { externalId: id };
}

/** Answers the replies after a cursor. Those that are given are delivered. */
export async function giveReplies(ctx: WriteContext, chat: ChannelPorts, address: string, after: string): Promise<HttpAnswer> {
  const found = await ctx.sql<{ id: string; position: bigint; body: string; createdAt: Date }>(sql`
    select id, position, body, created_at as "createdAt" from outbox
    where workspace_id = ${ctx.workspaceId}::uuid and address = ${address} and position > ${after}::bigint order by position limit ${PAGE}`);
  if (found.length > 0) {
    await ctx.sql(sql`update outbox set told_at = ${ctx.now}
      where workspace_id = ${ctx.workspaceId}::uuid and told_at is null and id = any(${found.map(({ id }) => id)}::uuid[])`);
  }
  await reportDelivered(ctx, chat, address);
  const replies = found.map(({ id, body, createdAt }) => ({ id, text: body, at: createdAt.toISOString() }));
  return { status: 200, headers: { 'cache-control': 'no-store' }, body: { replies, after: String(found.at(-1)?.position ?? after) } };
}

/** Also those that were fetched before Trato had noted them as sent: it did not know them then. */
async function reportDelivered(ctx: WriteContext, chat: ChannelPorts, address: string): Promise<void> {
  const told = await ctx.sql<{ id: string }>(sql`
    select id from outbox where workspace_id = ${ctx.workspaceId}::uuid and address = ${address} and told_at is not null
      and reported_at is null limit ${PAGE}`);
  const reported: string[] = [];
  for (const { id } of told) {
    if (await chat.report(ctx, id, { status: 'DELIVERED' })) reported.push(id);
  }
  if (reported.length === 0) return;
  await ctx.sql(
    sql`update outbox set reported_at = ${ctx.now} where workspace_id = ${ctx.workspaceId}::uuid and id = any(${reported}::uuid[])`,
  );
}

/** Nothing of an erased customer stays. */
export async function forget(ctx: WriteContext, customerId: string): Promise<void> {
  await ctx.sql(sql`
    with gone as (
      delete from outbox where workspace_id = ${ctx.workspaceId}::uuid and customer_id = ${customerId}::uuid returning address
    )
    delete from counters where workspace_id = ${ctx.workspaceId}::uuid and address in (select address from gone)`);
}
