// Putting customers on static lists, and taking them off.
import sql from 'sql-template-tag';
import type { z } from 'zod';
import { type BulkRow, type BulkSink, defineBulkCommand, rowError } from '../../commands/bulk.ts';
import type { CommandContext } from '../../commands/command.ts';
import { input, key } from '../../commands/fields.ts';
import { insertSql } from '../../commands/rows.ts';
import { newId } from '../../lib/typeid.ts';
import { type CustomerRef, customerRef, resolveCustomerRefs } from '../customers/index.ts';
import './segments.entity.ts';

type MemberRow = { segment: string; customer: CustomerRef };
type Segment = { id: string; key: string; kind: string; segmentationId: string };
type Found = { index: number; segment: Segment; customerId: string };
type Stay = { id: string; segmentId: string; customerId: string; enteredAt: Date };

const row = input('SegmentMemberRow', 'A customer and a list.', {
  segment: key('Key of a static segment.'),
  customer: customerRef('The customer.'),
}) as unknown as z.ZodType<MemberRow>;

const keysOf = ({ segment, customer }: MemberRow) => [JSON.stringify([segment, customer])];

export const segmentMembersAdd = defineBulkCommand<MemberRow>({
  name: 'segmentMembersAdd',
  description: 'Puts customers on static lists; whoever is there already stays.',
  permission: 'segments:write',
  inputName: 'SegmentMembersAddInput',
  row,
  keysOf,
  apply: async (ctx, rows, sink) => {
    const found = await resolve(ctx, rows, sink);
    const known = new Map((await staysOf(ctx, found)).map((stay) => [pairOf(stay.segmentId, stay.customerId), stay.id]));
    const added: Stay[] = [];
    for (const { index, segment, customerId } of found) {
      const pair = pairOf(segment.id, customerId);
      const there = known.get(pair);
      const id = there ?? newId();
      if (!there) {
        known.set(pair, id);
        added.push({ id, segmentId: segment.id, customerId, enteredAt: ctx.now });
      }
      sink.done(index, there ? 'UNCHANGED' : 'CREATED', id);
    }
    await enter(ctx, added, new Map(found.map(({ segment }) => [segment.id, segment])));
  },
});

export const segmentMembersRemove = defineBulkCommand<MemberRow>({
  name: 'segmentMembersRemove',
  description: 'Takes customers off static lists; their stays remain in the history.',
  permission: 'segments:write',
  inputName: 'SegmentMembersRemoveInput',
  row,
  keysOf,
  apply: async (ctx, rows, sink) => {
    const found = await resolve(ctx, rows, sink);
    const stays = new Map((await staysOf(ctx, found)).map((stay) => [pairOf(stay.segmentId, stay.customerId), stay]));
    const ended = new Map<string, Stay & { segmentationId: string }>();
    for (const { index, segment, customerId } of found) {
      const stay = stays.get(pairOf(segment.id, customerId));
      if (!stay) sink.reject(index, rowError('NOT_FOUND', 'The customer is not on this list.', ['customer']));
      else {
        sink.done(index, ended.has(stay.id) ? 'UNCHANGED' : 'UPDATED', stay.id);
        ended.set(stay.id, { ...stay, segmentationId: segment.segmentationId });
      }
    }
    await leave(ctx, [...ended.values()]);
  },
});

const pairOf = (segmentId: string, customerId: string) => `${segmentId} ${customerId}`;

/** The rows whose segment is a list and whose customer is the caller's to touch; the others are rejected. Locks the customers. */
async function resolve(ctx: CommandContext, rows: BulkRow<MemberRow>[], sink: BulkSink): Promise<Found[]> {
  const segments =
    await ctx.tx.query<Segment>(sql`select s.id, s.key, s.kind::text as kind, s.segmentation_id as "segmentationId" from segments s
    where s.workspace_id = ${ctx.workspaceId}::uuid and s.key = any(${rows.map(({ value }) => value.segment)}::text[]) and s.archived_at is null`);
  const byKey = new Map(segments.map((segment) => [segment.key, segment]));
  const customers = await resolveCustomerRefs(
    ctx,
    rows.map(({ value }) => value.customer),
    { create: false },
  );
  return rows.flatMap(({ index, value }, i) => {
    const segment = byKey.get(value.segment);
    const customer = customers[i]!;
    if (!segment) sink.reject(index, rowError('NOT_FOUND', 'There is no such Segment.', ['segment']));
    else if (segment.kind !== 'STATIC') sink.reject(index, rowError('SEGMENT_NOT_STATIC', 'A rule decides who is in it.', ['segment']));
    else if ('error' in customer) sink.reject(index, { ...customer.error, path: ['customer', ...customer.error.path] });
    else return [{ index, segment, customerId: customer.id }];
    return [];
  });
}

function staysOf(ctx: CommandContext, found: Found[]): Promise<Stay[]> {
  return ctx.tx.query<Stay>(sql`select m.id, m.segment_id as "segmentId", m.customer_id as "customerId", m.entered_at as "enteredAt"
    from segment_memberships m
    join unnest(${found.map(({ segment }) => segment.id)}::uuid[], ${found.map(({ customerId }) => customerId)}::uuid[]) w(segment_id, customer_id)
      on w.segment_id = m.segment_id and w.customer_id = m.customer_id
    where m.workspace_id = ${ctx.workspaceId}::uuid and m.left_at is null`);
}

async function enter(ctx: CommandContext, stays: Stay[], segments: Map<string, Segment>): Promise<void> {
  if (stays.length === 0) return;
  const rows = stays.map((stay) => ({ ...stay, segmentationId: segments.get(stay.segmentId)!.segmentationId }));
  await ctx.tx.execute(
    insertSql(
      'SegmentMembership',
      rows.map((one) => ({ workspaceId: ctx.workspaceId, exclusive: false, ...one })),
    ),
  );
  for (const { id, ...after } of rows) tell(ctx, 'segment.entered', id, after.customerId, { after });
}

async function leave(ctx: CommandContext, stays: (Stay & { segmentationId: string })[]): Promise<void> {
  if (stays.length === 0) return;
  await ctx.tx.execute(sql`update segment_memberships set left_at = greatest(${ctx.now}::timestamptz, entered_at)
    where workspace_id = ${ctx.workspaceId}::uuid and id = any(${stays.map(({ id }) => id)}::uuid[])`);
  for (const { id, ...stay } of stays) {
    const leftAt = ctx.now > stay.enteredAt ? ctx.now : stay.enteredAt;
    tell(ctx, 'segment.left', id, stay.customerId, { before: { leftAt: null }, after: { ...stay, leftAt } });
  }
}

function tell(ctx: CommandContext, type: string, subjectId: string, customerId: string, data: Record<string, unknown>): void {
  ctx.emit({ type, subjectType: 'SegmentMembership', subjectId, customerId, data: { ...data, cause: 'LIST' } as never });
}
