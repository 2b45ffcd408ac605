// Deliveries about a person who is erased keep their place in the log of deliveries, and lose what they said.
import sql, { empty } from 'sql-template-tag';
import type { Queryable } from '../../db/database.ts';
import { shareLock, takeLock } from '../../db/locks.ts';
import type { EventRow } from '../../events/index.ts';
import { defineEventHandler } from '../../jobs/index.ts';
import { defineErasure } from '../customers/index.ts';
import { isLocked, lockedInOrder } from './locked-in-order.ts';

/** What is left of a body. */
export const ERASED_BODY = '{"erased": true}';

type EraseOptions = {
  /** Ids of what belonged to the customer, such as interactions and leads, whose events may stand under another customer. */
  subjects?: readonly string[];
  /** Only deliveries of events before this place of the log. */
  before?: bigint;
};

/**
 * Redacts the deliveries about a customer, and what receivers answered to them. What waits to be sent is given up: the
 * receiver is told by the event of the erasure.
 */
export async function eraseDeliveriesOf(
  tx: Queryable,
  workspaceId: string,
  customerId: string,
  { subjects = [], before }: EraseOptions = {},
): Promise<void> {
  const earlier = before === undefined ? empty : sql`and (d.event_seq is null or d.event_seq < ${before}::int8)`;
  const rows = await tx.query<{ id: string }>(sql`
    with ${lockedInOrder(sql`d.workspace_id = ${workspaceId}::uuid and d.subject_key = any(${[customerId, ...subjects]}::uuid[]) ${earlier}`)}
    update webhook_deliveries d set body = ${ERASED_BODY},
      last_error = case status when 'PENDING' then 'ERASED' else last_error end,
      finished_at = case status when 'PENDING' then now() else finished_at end,
      next_attempt_at = null, status = case status when 'PENDING' then 'FAILED' else status end
    from locked where ${isLocked} returning d.id`);
  if (rows.length === 0) return;
  await tx.execute(sql`update webhook_attempts set request_headers = '{}', response_headers = null, response_body = null
    where workspace_id = ${workspaceId}::uuid and delivery_id = any(${rows.map(({ id }) => id)}::uuid[])`);
}

const bodiesOf = (workspaceId: string) => `webhook bodies ${workspaceId}`;

/**
 * To be called before bodies are made in a transaction that takes its time: what it writes nobody sees until then, so
 * those who redact wait for it. Before any lock on rows.
 */
export async function makesBodies(tx: Queryable, workspaceId: string): Promise<void> {
  await shareLock(tx, bodiesOf(workspaceId));
}

defineErasure((ctx, customerId, subjects) => eraseDeliveriesOf(ctx.tx, ctx.workspaceId, customerId, { subjects }));

/** Has erasing looked after once more when it is over: a body that was made at that very moment was not there to be redacted. */
export function eraseAgain(): void {
  defineEventHandler({
    name: 'webhook-erasure',
    types: ['customer.erased'],
    handle: eraseLate,
  });
}

/** Redacts what was made while customers were being erased, once the transactions are over that make bodies. */
export async function eraseLate(tx: Queryable, events: readonly Pick<EventRow, 'workspaceId' | 'subjectId' | 'seq'>[]): Promise<void> {
  for (const { workspaceId, subjectId, seq } of events) {
    await takeLock(tx, bodiesOf(workspaceId));
    await eraseDeliveriesOf(tx, workspaceId, subjectId, { before: seq });
  }
}
