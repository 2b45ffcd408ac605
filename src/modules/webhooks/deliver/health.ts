// How a receiver does: what its answers mean for the webhook, and the columns of its row that tell so.
import sql from 'sql-template-tag';
import { reasonOf } from '../../../events/index.ts';
import type { Attempt } from './attempt.ts';
import type { Delivery, Lane } from './lane.ts';

const GIVE_UP_MS = 5 * 24 * 3_600_000;
const GONE = 410;
/** How long a change of rows waits for others. A state that matters is written at once. */
const REST_MS = 1_000;

/** Takes in how an attempt ended. Gives why the webhook is to be stopped, if it is. */
export function judge(lane: Lane, { error, statusCode, startedAt }: Attempt, number: number, now: number): string | null {
  lane.breaker.note(error === null, now);
  if (error === null) {
    lane.allowed = Math.min(lane.webhook.concurrency, lane.allowed + 1);
    lane.failingSince = null;
    lane.lastDeliveredAt = new Date(now);
    return null;
  }
  // One that hangs would fill the places of all others with its own requests.
  if (statusCode === null) lane.allowed = 1;
  lane.failingSince ??= startedAt;
  if (statusCode === GONE) return 'The receiver answered 410 Gone: it wants no more deliveries.';
  // A single failure after a week of silence says nothing of the days between: only one that was tried again does.
  const failing = now - lane.failingSince.getTime() >= GIVE_UP_MS && number > 1;
  return failing ? `Every attempt has failed since ${lane.failingSince.toISOString()}; the last with ${error}.` : null;
}

export type HealthRows = {
  /** Has the row of a webhook follow what `judge` noted. */
  touch(lane: Lane): void;
  stop(): Promise<void>;
};

export function createHealthRows({ db, log }: Pick<Delivery, 'db' | 'log'>): HealthRows {
  const changed = new Set<Lane>();
  let timer: NodeJS.Timeout | null = null;
  let writing: Promise<void> = Promise.resolve();

  function plan(milliseconds: number): void {
    if (timer && milliseconds > 0) return;
    if (timer) clearTimeout(timer);
    timer = setTimeout(flush, milliseconds);
  }

  function flush(): void {
    timer = null;
    writing = writing.then(write);
  }

  async function write(): Promise<void> {
    const lanes = [...changed];
    changed.clear();
    if (lanes.length === 0) return;
    const rows = lanes.map(({ webhook, failingSince, lastDeliveredAt, breaker }) => {
      const resting = breaker.restingUntil();
      return { ...webhook, failingSince, lastDeliveredAt, restingUntil: resting === null ? null : new Date(resting) };
    });
    try {
      // Of a webhook that was changed meanwhile, as enabled again, what was seen before says nothing.
      // A replay has the row of its webhook for seconds: who waited for that would keep the rows of the others from being taken in.
      const written = await db.query<{ id: string }>(sql`
        with n as (
          select * from unnest(${rows.map((row) => row.workspaceId)}::uuid[], ${rows.map((row) => row.id)}::uuid[],
            ${rows.map((row) => row.failingSince)}::timestamptz[], ${rows.map((row) => row.restingUntil)}::timestamptz[],
            ${rows.map((row) => row.lastDeliveredAt)}::timestamptz[], ${rows.map((row) => row.version)}::int[])
            as n (workspace_id, id, failing_since, resting_until, last_delivered_at, version)
        ), free as (
          select w.workspace_id, w.id from n join webhooks w on w.workspace_id = n.workspace_id and w.id = n.id
          where w.version = n.version and w.status = 'ACTIVE' for no key update of w skip locked
        )
        update webhooks w set failing_since = n.failing_since, resting_until = n.resting_until, last_delivered_at = n.last_delivered_at
        from n join free f on f.workspace_id = n.workspace_id and f.id = n.id
        where w.workspace_id = f.workspace_id and w.id = f.id
        returning w.id`);
      const ids = new Set(written.map(({ id }) => id));
      for (const [i, lane] of lanes.entries()) {
        const { webhook } = lane;
        if (!ids.has(webhook.id)) {
          if (!lane.closed) changed.add(lane);
          continue;
        }
        webhook.failingSince = rows[i]!.failingSince;
        webhook.restingUntil = rows[i]!.restingUntil;
      }
      if (changed.size > 0) plan(REST_MS);
    } catch (error) {
      log.warn({ reason: reasonOf(error) }, 'how webhooks do could not be written');
      for (const lane of lanes) changed.add(lane);
      plan(REST_MS);
    }
  }

  return {
    touch(lane) {
      const { webhook, failingSince, breaker } = lane;
      const turned =
        failingSince?.getTime() !== webhook.failingSince?.getTime() || breaker.restingUntil() !== (webhook.restingUntil?.getTime() ?? null);
      changed.add(lane);
      plan(turned ? 0 : REST_MS);
    },
    async stop() {
      if (timer) clearTimeout(timer);
      timer = null;
      await writing;
      await write();
      if (timer) clearTimeout(timer);
    },
  };
}
