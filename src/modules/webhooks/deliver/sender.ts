// Sends what is due, of all webhooks: as many at once as each allows and all together may, taking turns.
import { reasonOf } from '../../../events/index.ts';
import { type Attempt, attempt } from './attempt.ts';
import { createHealthRows, judge } from './health.ts';
import type { Delivery, Lane } from './lane.ts';
import { noteAttempt } from './metrics.ts';
import { createOutcomes } from './outcomes.ts';
import type { Pending } from './queue.ts';
import { nextAttempt } from './schedule.ts';
import { createBodies, stateOf } from './stored.ts';

/** At once, all together. A request that waits longer than a moment gives its place to others… */
const PLACES = 200;
const MOMENT_MS = 500;
/** …up to so many sockets. */
const SOCKETS = 2_000;
const LONGEST_TIMER_MS = 3_600_000;
const BODY_RETRY_MS = 1_000;

export type Sender = {
  /** Says that a lane may have something to send. */
  offer(lane: Lane): void;
  /** Nothing more is sent; resolves when the requests under way have ended and all outcomes are written. */
  stop(): Promise<void>;
};

export type SenderTold = {
  /** A delivery of the lane was finished, or found to be another than was known. */
  onSettled(lane: Lane): void;
  /** The receiver is to be left alone. */
  onGivenUp(lane: Lane, detail: string): void;
};

export function createSender(delivery: Delivery, told: SenderTold): Sender {
  const { db, log, now, sockets = SOCKETS } = delivery;
  const outcomes = createOutcomes(db, log);
  const health = createHealthRows(delivery);
  const bodyOf = createBodies(db);
  const offered = new Set<Lane>();
  const requests = new Set<Promise<void>>();
  /** Requests under way by workspace, and lanes of workspaces that have as many as they may. */
  const shares = new Map<string, number>();
  const held = new Set<Lane>();
  let places = PLACES;
  let stopping = false;
  let pumping = false;

  function offer(lane: Lane): void {
    if (stopping) return;
    offered.add(lane);
    if (pumping) return;
    pumping = true;
    // Once for all that end in the same turn of the event loop.
    setImmediate(pump);
  }

  function pump(): void {
    pumping = false;
    // A lane that has more goes to the end and is met again.
    for (const lane of offered) {
      if (places <= 0 || requests.size >= sockets) return;
      offered.delete(lane);
      if (hasItsShare(lane)) {
        held.add(lane);
        continue;
      }
      const item = next(lane);
      if (!item) continue;
      offered.add(lane);
      count(lane, 1);
      const request = send(lane, item).finally(() => {
        requests.delete(request);
        count(lane, -1);
        for (const one of held) offer(one);
        held.clear();
      });
      requests.add(request);
    }
  }

  // As many as are still free: so the receivers of one workspace, if all of them hang, leave half to the others, those of
  // two a third.
  function hasItsShare({ webhook: { workspaceId } }: Lane): boolean {
    return (shares.get(workspaceId) ?? 0) >= sockets - requests.size;
  }

  function count({ webhook: { workspaceId } }: Lane, by: 1 | -1): void {
    const share = (shares.get(workspaceId) ?? 0) + by;
    if (share > 0) shares.set(workspaceId, share);
    else shares.delete(workspaceId);
  }

  function next(lane: Lane): Pending | null {
    if (lane.closed || stopping) return null;
    const moment = now();
    const most = Math.min(lane.webhook.concurrency, lane.allowed, lane.breaker.allowed(moment));
    if (most === 0) return later(lane, lane.breaker.restingUntil()!);
    if (lane.underWay >= most) return null;
    return lane.queue.take(moment) ?? later(lane, lane.queue.dueAt());
  }

  function later(lane: Lane, moment: number | null): null {
    clearTimeout(lane.timer);
    lane.timer = moment === null ? undefined : setTimeout(offer, Math.min(LONGEST_TIMER_MS, Math.max(1, moment - now())), lane);
    return null;
  }

  async function send(lane: Lane, item: Pending): Promise<void> {
    lane.underWay++;
    places--;
    let holds = true;
    const release = () => {
      if (!holds) return;
      holds = false;
      places++;
      const [first] = offered;
      if (first) offer(first);
    };
    const timer = setTimeout(release, MOMENT_MS);
    const ended = await perform(lane, item).catch((error: unknown) => {
      log.error({ reason: reasonOf(error) }, 'a webhook delivery could not be sent');
      return null;
    });
    clearTimeout(timer);
    lane.underWay--;
    release();
    if (ended) note(lane, item, ended);
    else if (!delivery.signal.aborted) lane.queue.settle(item, now() + BODY_RETRY_MS);
    offer(lane);
  }

  async function perform(lane: Lane, item: Pending): Promise<Attempt | null> {
    const body = item.body ?? (await bodyOf(item));
    if (body !== null) return attempt(delivery, lane.webhook, item, body);
    // Somebody else finished it.
    settled(lane, item, null);
    return null;
  }

  function note(lane: Lane, item: Pending, ended: Attempt): void {
    const number = item.attempts + 1;
    const moment = now();
    const problem = judge(lane, ended, number, moment);
    health.touch(lane);
    const failed = ended.error !== null;
    const again = failed ? nextAttempt({ kind: item.kind, number, now: moment, retryAfter: ended.retryAfter }) : null;
    const status = again ? 'PENDING' : failed ? 'FAILED' : 'DELIVERED';
    noteAttempt(status, ended.durationMs / 1_000);
    outcomes.add({
      item,
      attempt: ended,
      status,
      nextAttemptAt: again,
      written(stood) {
        // It may wait for hours, and many may.
        item.body = null;
        if (!stood) return findOut(lane, item);
        item.attempts = number;
        settled(lane, item, again?.getTime() ?? null);
      },
    });
    if (problem) told.onGivenUp(lane, problem);
  }

  /** Another process has sent it too. What follows of its subject waits until it is known whether it is done with. */
  function findOut(lane: Lane, item: Pending): void {
    if (stopping) return;
    const asked = stateOf(db, item).then(
      (state) => {
        item.attempts = state?.attempts ?? item.attempts;
        settled(lane, item, state?.dueAt ?? null);
      },
      (error: unknown) => {
        log.warn({ reason: reasonOf(error) }, 'the state of a webhook delivery could not be read');
        settled(lane, item, now() + BODY_RETRY_MS);
      },
    );
    const request = asked.finally(() => requests.delete(request));
    requests.add(request);
  }

  function settled(lane: Lane, item: Pending, again: number | null): void {
    if (again === null) lane.finished?.add(item.id);
    lane.queue.settle(item, again);
    told.onSettled(lane);
    offer(lane);
  }

  return {
    offer,
    async stop() {
      stopping = true;
      await Promise.all(requests);
      await outcomes.stop();
      await Promise.all(requests);
      await health.stop();
    },
  };
}
