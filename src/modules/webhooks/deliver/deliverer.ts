// Delivers webhooks: follows the end of the log, knows which webhooks its events concern, and has those taken in and sent.
import sql from 'sql-template-tag';
import type { WebhookRow } from '../../../db/models.ts';
import { createBell, type EventFilter, type EventRow, indexedPart, isConnectionError, lastSeq, reasonOf } from '../../../events/index.ts';
import { createInterests, type Follower } from '../../../events/interest.ts';
import type { Running } from '../../../jobs/index.ts';
import { createLane, type Delivery, type Lane } from './lane.ts';
import { createLooks } from './looks.ts';
import { watchPending } from './metrics.ts';
import { createSender } from './sender.ts';
import { activeAmong, activeWebhooks, pendingCounts } from './stored.ts';

const TAIL_BATCH = 1_000;
/** How often all webhooks are read, should a change have been missed. */
const SWEEP_MS = 30_000;
const RETRY_MS = 1_000;
/** How long requests under way may go on when it stops. */
const GRACE_MS = 2_000;

/** What the rights of a webhook hang on. */
const ACCESS: ReadonlySet<string> = new Set(['ApiKey', 'User', 'Role', 'Team']);

type Known = { lane: Lane; follower: Follower };
type Tail = Pick<EventRow, 'seq' | 'workspaceId' | 'type' | 'subjectType' | 'subjectId' | 'customerId'>;

/** Starts the delivery of all webhooks of the database. One process at a time does it; two do no harm but repeats. */
export function startDelivering(options: Omit<Delivery, 'signal' | 'now'> & { now?: () => number }): Running {
  const aborting = new AbortController();
  const delivery: Delivery = { now: Date.now, ...options, signal: aborting.signal };
  const { db, log, ports } = delivery;
  const bell = createBell();
  const interests = createInterests();
  const known = new Map<string, Known>();
  let stopping = false;

  const sender = createSender(delivery, {
    onSettled: (lane) => looks.onSettled(lane),
    onGivenUp: (lane, detail) => void disable(lane, 'RECEIVER_FAILING', detail),
  });
  const looks = createLooks(delivery, {
    onQueued: sender.offer,
    onFilter: follow,
    onChanged: reopen,
    onProblem: (lane, problem, detail) => disable(lane, problem, detail),
  });
  watchPending(() => [...known.values()].reduce((sum, { lane }) => sum + lane.queue.size(), 0));

  function open(webhook: WebhookRow): Lane {
    const lane = createLane(webhook);
    const follower: Follower = {
      // Until it is opened for the first time it may want anything.
      filter: { workspaceId: webhook.workspaceId },
      next: null,
      seen: 0n,
      wake() {
        follower.next = null;
        looks.wake(lane);
      },
    };
    interests.add(follower);
    known.set(webhook.id, { lane, follower });
    return lane;
  }

  function close(id: string): void {
    const found = known.get(id);
    if (!found) return;
    known.delete(id);
    interests.remove(found.follower);
    found.lane.closed = true;
    clearTimeout(found.lane.timer);
  }

  function follow(lane: Lane, wanted: EventFilter): void {
    const found = known.get(lane.webhook.id);
    if (found?.lane !== lane) return;
    const { follower } = found;
    const filter = indexedPart(wanted);
    if (JSON.stringify(filter) === JSON.stringify(follower.filter)) return;
    interests.remove(follower);
    follower.filter = filter;
    interests.add(follower);
  }

  /** Takes over how a webhook is now, said by an event at that place of the log, if known; null: it is not delivered any more. */
  function update(id: string, webhook: WebhookRow | null, said?: bigint): void {
    if (!webhook) {
      close(id);
      return;
    }
    const lane = known.get(id)?.lane;
    if (lane?.webhook.version === webhook.version) return;
    // After several changes it may have been stopped and started meanwhile, and everything may be another.
    if (!lane || said === undefined || webhook.version !== lane.webhook.version + 1 || webhook.cursor !== lane.webhook.cursor) {
      close(id);
      looks.look(open(webhook));
      return;
    }
    lane.webhook = webhook;
    // What came after the change may have been passed over as it was before: with another document it counts.
    if (lane.place > said) lane.place = said > webhook.cursor ? said : webhook.cursor;
    // What waits may have been dropped: whether it is still to be sent is seen where its body is read, or it is read anew.
    lane.queue.forgetBodies();
    lane.stale = true;
    lane.allowed = Math.min(Math.max(lane.allowed, 1), webhook.concurrency);
    looks.look(lane);
  }

  /** Begins anew with a webhook that was not as it was known, as when another process delivered it for a while. */
  async function reopen({ webhook: { id } }: Lane): Promise<void> {
    close(id);
    await reread(new Map([[id, undefined]]));
  }

  /** Reads webhooks anew that something was said of, at some place of the log. */
  async function reread(said: ReadonlyMap<string, bigint | undefined>): Promise<void> {
    const found = new Map((await activeAmong(db, [...said.keys()])).map((row) => [row.id, row]));
    for (const [id, place] of said) {
      const before = known.get(id)?.lane;
      update(id, found.get(id) ?? null, place);
      const lane = known.get(id)?.lane;
      // Something was said of it, as of a test or a replay: there may be new deliveries.
      if (!lane || lane !== before) continue;
      lane.stale = true;
      looks.look(lane);
    }
  }

  async function sweep(): Promise<void> {
    const counts = await pendingCounts(db);
    const seen = new Set<string>();
    for await (const page of activeWebhooks(db)) {
      for (const webhook of page) {
        seen.add(webhook.id);
        update(webhook.id, webhook);
        const lane = known.get(webhook.id)!.lane;
        const waiting = counts.get(webhook.id) ?? 0;
        if (waiting !== lane.queue.size()) lane.stale = true;
        // Also where nothing is new: its credential may have expired.
        if (waiting > 0 || lane.stale) looks.look(lane);
      }
    }
    for (const id of known.keys()) if (!seen.has(id)) close(id);
  }

  async function disable(lane: Lane, problem: 'RECEIVER_FAILING' | 'CREDENTIAL_GONE' | 'DOCUMENT_INVALID', detail: string): Promise<void> {
    if (lane.closed) return;
    close(lane.webhook.id);
    try {
      await db.transaction((tx) => ports.disable(tx, lane.webhook, problem, detail));
    } catch (error) {
      // The next sweep finds it active, and it comes to the same end.
      log.warn({ reason: reasonOf(error) }, 'a webhook could not be stopped');
    }
  }

  async function tail(from: bigint): Promise<bigint> {
    for (let after = from; ; ) {
      const rows = await db.query<Tail>(sql`
        select seq, workspace_id as "workspaceId", type, subject_type as "subjectType", subject_id as "subjectId", customer_id as "customerId"
        from events where seq > ${after} order by seq limit ${TAIL_BATCH}`);
      after = rows.at(-1)?.seq ?? after;
      for (const { type, workspaceId } of rows) if (type === 'customer.erased') forget(workspaceId);
      interests.publish(rows as EventRow[]);
      // Of several places the first counts.
      const changed = rows.filter(({ subjectType }) => subjectType === 'Webhook').toReversed();
      if (changed.length > 0) await reread(new Map(changed.map(({ subjectId, seq }) => [subjectId, seq])));
      recheck(new Set(rows.filter(({ subjectType }) => ACCESS.has(subjectType)).map(({ workspaceId }) => workspaceId)));
      if (rows.length < TAIL_BATCH || stopping) return after;
    }
  }

  /** Credentials may be gone, or their roles be others: what waits goes on only where they still do. */
  function recheck(workspaces: ReadonlySet<string>): void {
    if (workspaces.size === 0) return;
    for (const { lane } of known.values()) if (workspaces.has(lane.webhook.workspaceId) && lane.queue.size() > 0) looks.look(lane);
  }

  // What was erased in the database must not be sent from memory.
  function forget(workspaceId: string): void {
    for (const { lane } of known.values()) if (lane.webhook.workspaceId === workspaceId) lane.queue.forgetBodies();
  }

  const running = (async () => {
    let place: bigint | null = null;
    let sweepAt = 0;
    while (!stopping) {
      try {
        place ??= await lastSeq(db);
        if (Date.now() >= sweepAt) {
          await sweep();
          sweepAt = Date.now() + SWEEP_MS;
        }
        place = await tail(place);
        await bell.wait(Math.max(1, sweepAt - Date.now()));
      } catch (error) {
        if (!isConnectionError(error)) log.error({ reason: reasonOf(error) }, 'webhooks could not be delivered');
        if (!stopping) await bell.wait(RETRY_MS);
      }
    }
  })();

  return {
    wake: bell.ring,
    async stop() {
      stopping = true;
      bell.ring();
      const timer = setTimeout(() => aborting.abort(), GRACE_MS);
      await running;
      for (const id of [...known.keys()]) close(id);
      await looks.stop();
      await sender.stop();
      clearTimeout(timer);
    },
  };
}
