// Which followers an event concerns, found without asking every follower.
import { matches } from './ring.ts';
import type { EventFilter, EventRow } from './types.ts';

export type Follower = {
  filter: EventFilter;
  /** The first matching event since `seen`; null while there is none. */
  next: bigint | null;
  /** From this place on `next` tells all: nothing that matches lies between it and `next` (or the ring's tail). */
  seen: bigint;
  /** Whether it has its place in the log: from then on it misses nothing. */
  begun?: boolean;
  /** Ends its wait. */
  wake(): void;
};

export type Interests = {
  add(follower: Follower): void;
  remove(follower: Follower): void;
  all(): Iterable<Follower>;
  /** How many there are, those too that are still about to begin. */
  size(): number;
  /** How many have begun. */
  following(): number;
  /** Marks and wakes those whom one of these events concerns, each once. */
  publish(events: EventRow[]): void;
};

export function createInterests(): Interests {
  const everyone = new Set<Follower>();
  // By what narrows a follower's filter most, so that an event looks into four small sets at the most.
  const workspaces = new Map<string, Map<string, Set<Follower>>>();

  return {
    add(follower) {
      everyone.add(follower);
      const { workspaceId } = follower.filter;
      const buckets = workspaces.get(workspaceId) ?? new Map<string, Set<Follower>>();
      workspaces.set(workspaceId, buckets);
      for (const key of keysOf(follower.filter)) buckets.set(key, (buckets.get(key) ?? new Set()).add(follower));
    },
    remove(follower) {
      everyone.delete(follower);
      const { workspaceId } = follower.filter;
      const buckets = workspaces.get(workspaceId);
      for (const key of keysOf(follower.filter)) {
        const bucket = buckets?.get(key);
        bucket?.delete(follower);
        if (bucket?.size === 0) buckets?.delete(key);
      }
      if (buckets?.size === 0) workspaces.delete(workspaceId);
    },
    all: () => everyone,
    size: () => everyone.size,
    following: () => [...everyone].filter(({ begun }) => begun).length,
    publish(events) {
      const concerned = new Set<Follower>();
      for (const event of events) {
        const buckets = workspaces.get(event.workspaceId);
        if (!buckets) continue;
        for (const key of ['*', `t${event.type}`, `s${event.subjectId}`, `c${event.customerId}`]) {
          for (const follower of buckets.get(key) ?? []) {
            if (follower.next !== null || !matches(follower.filter, event)) continue;
            follower.next = event.seq;
            concerned.add(follower);
          }
        }
      }
      for (const follower of concerned) follower.wake();
    },
  };
}

function keysOf(filter: EventFilter): string[] {
  if (filter.customerId !== undefined) return [`c${filter.customerId}`];
  if (filter.subjectId !== undefined) return [`s${filter.subjectId}`];
  return filter.types?.map((type) => `t${type}`) ?? ['*'];
}
