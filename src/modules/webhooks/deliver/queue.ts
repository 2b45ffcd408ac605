// The deliveries of one webhook that wait, in memory: those of one subject one after the other, subjects beside each other.
import type { WebhookDeliveryKind } from '../../../db/models.ts';

export type Pending = {
  id: string;
  workspaceId: string;
  kind: WebhookDeliveryKind;
  messageId: string;
  /** Null: it waits for no other. */
  subjectKey: string | null;
  attempts: number;
  /** Not sent before, in milliseconds. */
  dueAt: number;
  /** Null where it is only in the database. */
  body: string | null;
};

export type Queue = {
  /** Adds those that it does not hold; among those of one subject the lower id goes first. */
  add(items: readonly Pending[]): void;
  /** Takes one whose turn it is, the longest ready first. It is under way until `settle`. */
  take(now: number): Pending | null;
  /** It was sent and is finished (null), or is to be sent again at a moment. */
  settle(item: Pending, again: number | null): void;
  /** When the next that only waits for its moment is due; null if there is none. */
  dueAt(): number | null;
  size(): number;
  /** How many of them do not wait for one of their subject, or are one, that has failed before. */
  free(): number;
  /** Drops all but these and those under way. */
  retain(ids: ReadonlySet<string>): void;
  /** Forgets bodies: they are read again before they are sent. */
  forgetBodies(): void;
};

/** Those of one subject; `parked`: how many of them are counted as waiting for a failure. */
type Line = { items: Pending[]; parked: number };

export function createQueue(): Queue {
  const items = new Map<string, Pending>();
  const subjects = new Map<string, Line>();
  let parked = 0;
  /** The first of each subject that is not under way: those due, and those that wait for a moment. */
  const ready = new Set<Pending>();
  const waiting = new Set<Pending>();
  const underWay = new Set<string>();
  /** No later than the earliest of `waiting`. */
  let earliest = Number.POSITIVE_INFINITY;

  // Somebody waits for a test: it does not stand in line.
  const keyOf = (item: Pending) => (item.kind === 'TEST' ? item.id : (item.subjectKey ?? item.id));

  function offer(item: Pending): void {
    waiting.add(item);
    if (item.dueAt < earliest) earliest = item.dueAt;
  }

  function recount(line: Line): void {
    const now = line.items[0]?.attempts ? line.items.length : 0;
    // They may wait for hours, and many may: their bodies are read again.
    if (now > line.parked) for (const item of line.parked === 0 ? line.items : line.items.slice(-1)) item.body = null;
    parked += now - line.parked;
    line.parked = now;
  }

  function insert(item: Pending): void {
    const line = subjects.get(keyOf(item));
    if (!line) {
      const made = { items: [item], parked: 0 };
      subjects.set(keyOf(item), made);
      recount(made);
      offer(item);
      return;
    }
    const before = line.items;
    let at = before.length;
    while (at > 0 && before[at - 1]!.id > item.id && !underWay.has(before[at - 1]!.id)) at--;
    before.splice(at, 0, item);
    recount(line);
    if (at > 0) return;
    ready.delete(before[1]!);
    waiting.delete(before[1]!);
    offer(item);
  }

  function remove(item: Pending): void {
    items.delete(item.id);
    ready.delete(item);
    waiting.delete(item);
    const line = subjects.get(keyOf(item))!;
    const at = line.items.indexOf(item);
    line.items.splice(at, 1);
    recount(line);
    if (line.items.length === 0) subjects.delete(keyOf(item));
    else if (at === 0) offer(line.items[0]!);
  }

  function ripen(now: number): void {
    if (earliest > now) return;
    earliest = Number.POSITIVE_INFINITY;
    for (const item of waiting) {
      if (item.dueAt <= now) {
        waiting.delete(item);
        ready.add(item);
      } else if (item.dueAt < earliest) earliest = item.dueAt;
    }
  }

  return {
    add(added) {
      for (const item of added) {
        if (items.has(item.id)) continue;
        items.set(item.id, item);
        insert(item);
      }
    },
    take(now) {
      ripen(now);
      for (const item of ready) {
        ready.delete(item);
        underWay.add(item.id);
        return item;
      }
      return null;
    },
    settle(item, again) {
      underWay.delete(item.id);
      if (items.get(item.id) !== item) return;
      if (again === null) {
        remove(item);
        return;
      }
      item.dueAt = again;
      recount(subjects.get(keyOf(item))!);
      offer(item);
    },
    dueAt() {
      if (ready.size > 0) return 0;
      return waiting.size > 0 ? earliest : null;
    },
    size: () => items.size,
    free: () => items.size - parked,
    retain(ids) {
      for (const item of items.values()) if (!ids.has(item.id) && !underWay.has(item.id)) remove(item);
    },
    forgetBodies() {
      for (const item of items.values()) item.body = null;
    },
  };
}
