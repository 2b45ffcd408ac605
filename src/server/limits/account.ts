// What one credential may still spend in this process. It leases slices of the shared budget and spends them without
// asking anyone, so a read writes nothing; all processes together overdraw by at most one slice each.
import type { Ledger, Rate } from './ledger.ts';

/** Why nothing was taken. `retryAfter`: whole seconds until there may be enough. */
export type Denial = { remaining: number; retryAfter: number };

export type Account = Rate & {
  /** Takes points, at once where this process holds enough. */
  take(points: number): true | Denial | Promise<true | Denial>;
  /** Puts back what was taken and not needed. */
  refund(points: number): void;
  /** The points left, as far as this process knows. */
  remaining(): number;
};

export type LeasedAccount = Account & {
  /** Whether nothing has been taken or put back since `milliseconds` ago, and nothing waits. */
  idleSince(milliseconds: number): boolean;
  /** Hands back the slice; what comes back later is handed on at once. */
  close(): Promise<void>;
};

export type AccountOptions = Rate & {
  ledger: Ledger;
  /** Points of a slice. */
  slice: number;
  /** Told when the budget cannot be asked, or points could not be handed back. */
  onFault?: (error: unknown) => void;
  /** Milliseconds of a clock that never goes back. */
  now?: () => number;
};

type Waiter = { points: number; settle: (outcome: true | Denial) => void };

/** Opens the account of a credential; the first `take` leases the first slice. */
export function openAccount(options: AccountOptions): LeasedAccount {
  const { capacity, restore, ledger, slice, onFault, now = () => performance.now() } = options;
  let held = 0;
  /** The shared budget as last seen; null before. */
  let seen: { level: number; at: number } | null = null;
  let usedAt = now();
  let lentAt = Number.NEGATIVE_INFINITY;
  let waiting: Waiter[] = [];
  let leasing: Promise<void> | null = null;
  let surplus = 0;
  let returning: Promise<void> | null = null;
  let closed = false;

  const see = (level: number) => {
    seen = { level, at: now() };
  };
  const shared = () => (seen === null ? capacity : Math.min(capacity, seen.level + (restore * (now() - seen.at)) / 1000));
  const denial = (points: number): Denial => ({
    remaining: Math.max(0, Math.floor(held + shared())),
    retryAfter: Math.max(1, Math.ceil((points - held - shared()) / restore)),
  });

  function serve(): void {
    while (waiting[0] && waiting[0].points <= held) {
      const { points, settle } = waiting.shift()!;
      held -= points;
      settle(true);
    }
  }

  /** Leases for all who wait, as often as it takes; each round serves or refuses somebody. */
  async function lease(): Promise<void> {
    for (serve(); waiting.length > 0; serve()) {
      try {
        const wanted = waiting.reduce((sum, { points }) => sum + points, 0) - held;
        if (await drawn(Math.min(capacity, Math.max(slice, wanted)))) continue;
        see(await ledger.level());
        const first = waiting[0]!.points - held;
        if (shared() >= first && (await drawn(Math.max(first, Math.floor(shared() / 2))))) continue;
        refuse((points) => points > held);
      } catch (error) {
        onFault?.(error);
        lend();
      }
    }
    leasing = null; // in the same breath as the last look at who waits: nobody is left behind
  }

  async function drawn(points: number): Promise<boolean> {
    const left = await ledger.draw(points);
    if (left === null) return false;
    see(left);
    held += points;
    return true;
  }

  function refuse(which: (points: number) => boolean): void {
    const refused = waiting.filter(({ points }) => which(points));
    waiting = waiting.filter(({ points }) => !which(points));
    for (const { points, settle } of refused) settle(denial(points));
  }

  /** While the budget cannot be asked, the process lends one slice for each time in which a slice is restored. */
  function lend(): void {
    const pause = (slice / restore) * 1000;
    if (now() - lentAt >= pause) {
      lentAt = now();
      held += Math.max(slice, waiting[0]!.points);
      return;
    }
    const retryAfter = Math.max(1, Math.ceil((lentAt + pause - now()) / 1000));
    for (const { settle } of waiting.splice(0)) settle({ remaining: Math.floor(held), retryAfter });
  }

  function take(points: number): true | Denial | Promise<true | Denial> {
    usedAt = now();
    if (points <= held) {
      held -= points;
      return true;
    }
    // Not to be asked again before time alone could have restored enough: refusals cost the database nothing.
    if (seen !== null && leasing === null && held + shared() < points) return denial(points);
    return new Promise((settle) => {
      waiting.push({ points, settle });
      leasing ??= lease();
    });
  }

  function refund(points: number): void {
    usedAt = now();
    held += points;
    const most = closed ? 0 : slice;
    if (held <= most) return;
    surplus += held - most;
    held = most;
    returning ??= handBack();
  }

  async function handBack(): Promise<void> {
    while (surplus > 0) {
      const points = surplus;
      surplus = 0;
      await ledger.giveBack(points).catch((error: unknown) => onFault?.(error)); // time restores them as well
      if (seen !== null) see(Math.min(capacity, shared() + points));
    }
    returning = null;
  }

  return {
    capacity,
    restore,
    take,
    refund,
    remaining: () => Math.max(0, Math.floor(Math.min(capacity, held + shared()))),
    idleSince: (milliseconds) => now() - usedAt >= milliseconds && leasing === null && returning === null,
    async close() {
      closed = true;
      await leasing;
      refund(0);
      await returning;
    },
  };
}

/** An account of this process alone, for callers without a credential. */
export function localAccount({ capacity, restore }: Rate, now: () => number = () => performance.now()): Account {
  let level = capacity;
  let at = now();
  const current = () => {
    const moment = now();
    level = Math.min(capacity, level + (restore * (moment - at)) / 1000);
    at = moment;
    return level;
  };
  return {
    capacity,
    restore,
    take(points) {
      if (points > current()) return { remaining: Math.floor(level), retryAfter: Math.max(1, Math.ceil((points - level) / restore)) };
      level -= points;
      return true;
    },
    refund(points) {
      level = Math.min(capacity, current() + points);
    },
    remaining: () => Math.floor(current()),
  };
}
