// Writes how attempts ended. While one statement is on its way the next outcomes gather: the more end at once, the
// fewer statements each costs.
import sql from 'sql-template-tag';
import type { Database } from '../../../db/database.ts';
import type { WebhookDeliveryStatus } from '../../../db/models.ts';
import { type EventsLog, reasonOf } from '../../../events/index.ts';
import { newId } from '../../../lib/typeid.ts';
import type { Attempt } from './attempt.ts';
import type { Pending } from './queue.ts';
import { isPending } from './stored.ts';
import { createYoungTables } from './young-tables.ts';

export type Outcome = {
  item: Pending;
  attempt: Attempt;
  status: WebhookDeliveryStatus;
  nextAttemptAt: Date | null;
  /** Told once it is written: `false` if the delivery was not as it was known, so that nothing was. */
  written(stood: boolean): void;
};

export type Outcomes = {
  add(outcome: Outcome): void;
  /** Resolves when everything is written, or was given up after some tries: then it stays pending. */
  stop(): Promise<void>;
};

const BATCH = 500;
const RETRY_MS = { first: 50, most: 5_000 };
const LAST_TRIES = 3;

export function createOutcomes(db: Database, log: EventsLog): Outcomes {
  const waiting: Outcome[] = [];
  const grown = createYoungTables(db, log);
  let running: Promise<void> | null = null;
  let stopping = false;

  async function run(): Promise<void> {
    for (let failures = 0; waiting.length > 0; ) {
      const batch = waiting.slice(0, BATCH);
      try {
        const stood = await write(db, firstOfEach(batch));
        waiting.splice(0, batch.length);
        failures = 0;
        for (const { item, written } of batch) written(stood.delete(item.id));
        await grown(batch.length);
      } catch (error) {
        failures++;
        log.warn({ reason: reasonOf(error), failures }, 'outcomes of webhook deliveries could not be written');
        if (stopping && failures >= LAST_TRIES) break;
        await new Promise((resolve) => setTimeout(resolve, Math.min(RETRY_MS.most, RETRY_MS.first * 2 ** failures)));
      }
    }
    // In the same turn as the look at `waiting`: what is added a moment later would wait for the next that is.
    running = null;
  }

  return {
    add(outcome) {
      waiting.push(outcome);
      running ??= run();
    },
    async stop() {
      stopping = true;
      await running;
    },
  };
}

/** A webhook that was stopped and started sends again what is under way: of two outcomes of one delivery the first counts. */
function firstOfEach(batch: readonly Outcome[]): Outcome[] {
  return [...new Map(batch.toReversed().map((one) => [one.item.id, one])).values()];
}

/** Writes attempts and moves their deliveries on, where those are still pending with the attempts that were seen; gives their ids. */
async function write(db: Database, batch: readonly Outcome[]): Promise<Set<string>> {
  const column = (value: (one: Outcome) => unknown) => batch.map(value);
  const rows = await db.query<{ id: string }>(sql`
    with o as (
      select * from unnest(
        ${column(({ item }) => item.workspaceId)}::uuid[], ${column(({ item }) => item.id)}::uuid[], ${column(() => newId())}::uuid[],
        ${column(({ item }) => item.attempts + 1)}::int[], ${column(({ attempt }) => attempt.startedAt)}::timestamptz[],
        ${column(({ attempt }) => attempt.durationMs)}::int[], ${column(({ attempt }) => attempt.statusCode)}::int[],
        ${column(({ attempt }) => attempt.error)}::text[], ${column(({ attempt }) => JSON.stringify(attempt.requestHeaders))}::text[],
        ${column(({ attempt }) => attempt.responseHeaders && JSON.stringify(attempt.responseHeaders))}::text[],
        ${column(({ attempt }) => attempt.responseBody)}::text[], ${column(({ status }) => status)}::text[],
        ${column(({ nextAttemptAt }) => nextAttemptAt)}::timestamptz[]
      ) as o (workspace_id, delivery_id, id, number, started_at, duration_ms, status_code, error, request_headers, response_headers,
        response_body, status, next_attempt_at)
    ), found as (
      -- In the order of lockedInOrder.
      select d.workspace_id, d.id from o join webhook_deliveries d on d.workspace_id = o.workspace_id and d.id = o.delivery_id
      where ${isPending} and d.attempts = o.number - 1 order by d.id for no key update of d
    ), moved as (
      update webhook_deliveries d set status = o.status::webhook_delivery_status, attempts = o.number,
        next_attempt_at = o.next_attempt_at, last_status_code = o.status_code, last_error = o.error,
        finished_at = case when o.status = 'PENDING' then null else now() end
      from o join found f on f.workspace_id = o.workspace_id and f.id = o.delivery_id
      where d.workspace_id = f.workspace_id and d.id = f.id
      returning d.id
    ), noted as (
      insert into webhook_attempts (workspace_id, id, delivery_id, number, started_at, duration_ms, status_code, error, request_headers,
        response_headers, response_body)
      select o.workspace_id, o.id, o.delivery_id, o.number, o.started_at, o.duration_ms, o.status_code, o.error,
        o.request_headers::jsonb, o.response_headers::jsonb, o.response_body
      from o join moved on moved.id = o.delivery_id
    )
    select id from moved`);
  return new Set(rows.map(({ id }) => id));
}
