// What the tests hold the ledger against: the programme in plain words, for two customers, without a database.

export const LASTS_DAYS = 10;
export const DAY = 86_400_000;

/** Points that came at once: what is left of them, and what expired. */
type Lot = { order: number | null; left: number; expired: number; until: number };
type Share = { counted: number; short: number; totalShort: number; at: number };
export type Order = { who: number; amount: number; earns: boolean; at: number };

/** A programme in plain words, without a database. */
export function createModel() {
  const accounts = [0, 1].map(() => ({ lots: [] as Lot[], total: 0 }));
  const shares = new Map<string, Share>();
  const balance = (n: number) => accounts[n]!.lots.reduce((sum, { left }) => sum + left, 0);

  function expire(): void {
    for (const lot of accounts.flatMap(({ lots }) => lots).filter(({ until }) => until <= Date.now())) {
      lot.expired += lot.left;
      lot.left = 0;
    }
  }
  function take(n: number, points: number, first: number | null): void {
    const queue = accounts[n]!.lots.toSorted((a, b) => a.until - b.until);
    let open = points;
    for (const lot of [...queue.filter(({ order }) => order === first && first !== null), ...queue]) {
      const taken = Math.min(open, lot.left);
      lot.left -= taken;
      open -= taken;
    }
  }
  function raise(n: number, order: number, share: Share, by: number, isCancellation: boolean): void {
    let points = Math.max(0, by - share.short);
    let total = Math.max(0, by - share.totalShort);
    share.short = Math.max(0, share.short - by);
    share.totalShort = Math.max(0, share.totalShort - by);
    accounts[n]!.lots.push({ order, left: points, expired: 0, until: share.at + LASTS_DAYS * DAY });
    accounts[n]!.total += total;
    if (isCancellation) return;
    const owing = [...shares].filter(([key, { counted, at }]) => key.endsWith(`/${n}`) && counted < 0 && at >= share.at);
    for (const [, cancellation] of owing.toSorted(([, a], [, b]) => a.at - b.at)) {
      const paid = Math.min(points, cancellation.short);
      const paidTotal = Math.min(total, cancellation.totalShort);
      take(n, paid, order);
      accounts[n]!.total -= paidTotal;
      cancellation.short -= paid;
      cancellation.totalShort -= paidTotal;
      points -= paid;
      total -= paidTotal;
    }
  }
  function lower(n: number, order: number, share: Share, by: number): void {
    const account = accounts[n]!;
    const own = account.lots.filter((lot) => lot.order === order);
    let open = by;
    for (const lot of own) {
      const taken = Math.min(open, lot.left);
      lot.left -= taken;
      open -= taken;
    }
    for (const lot of own) {
      const absorbed = Math.min(open, lot.expired);
      lot.expired -= absorbed;
      open -= absorbed;
    }
    const taken = Math.min(open, balance(n));
    take(n, taken, null);
    share.short += open - taken;
    share.totalShort += Math.max(0, by - account.total);
    account.total = Math.max(0, account.total - by);
  }
  return {
    accounts,
    balance,
    expire,
    give: (n: number, points: number) => {
      accounts[n]!.lots.push({ order: null, left: points, expired: 0, until: Date.now() + LASTS_DAYS * DAY });
      accounts[n]!.total += points;
    },
    spend: (n: number, points: number) => {
      if (balance(n) < points) return false;
      take(n, points, null);
      return true;
    },
    /** Everything happened so much earlier. */
    pass(days: number): void {
      for (const lot of accounts.flatMap(({ lots }) => lots)) lot.until -= days * DAY;
      for (const share of shares.values()) share.at -= days * DAY;
    },
    follow(order: number, is: Order): void {
      expire();
      for (const n of [0, 1]) {
        const counts = n === is.who && is.earns ? is.amount : 0;
        const known = shares.get(`${order}/${n}`);
        if (!known && counts === 0) continue;
        const share = known ?? { counted: 0, short: 0, totalShort: 0, at: is.at };
        if (n === is.who && share.at !== is.at) {
          for (const lot of accounts[n]!.lots.filter((lot) => lot.order === order)) {
            lot.until += is.at - share.at;
            if (lot.until > Date.now()) [lot.left, lot.expired] = [lot.left + lot.expired, 0];
          }
          share.at = is.at;
          expire();
        }
        const by = counts - share.counted;
        shares.set(`${order}/${n}`, share);
        share.counted = counts;
        if (by > 0) raise(n, order, share, by, counts <= 0);
        if (by < 0) lower(n, order, share, -by);
      }
    },
  };
}
