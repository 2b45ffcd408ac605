/** What happened to the records of one pass. `skipped`: not taken by its `where`. */
export type Counts = { read: number; created: number; updated: number; unchanged: number; rejected: number; skipped: number };

export const noCounts = (): Counts => ({ read: 0, created: 0, updated: 0, unchanged: 0, rejected: 0, skipped: 0 });

export const added = (one: Counts, other: Counts): Counts => ({
  read: one.read + other.read,
  created: one.created + other.created,
  updated: one.updated + other.updated,
  unchanged: one.unchanged + other.unchanged,
  rejected: one.rejected + other.rejected,
  skipped: one.skipped + other.skipped,
});

/** The sum over all passes; `read` are the records of the file, which every pass reads again. */
export function total(passes: Counts[]): Counts {
  const sum = passes.reduce(added, noCounts());
  return { ...sum, read: passes[0]?.read ?? 0 };
}

/** The line that sums up; its form is stable for scripts. */
export const summaryLine = ({ read, created, updated, unchanged, rejected }: Counts): string =>
  `read ${read}, created ${created}, updated ${updated}, unchanged ${unchanged}, rejected ${rejected}`;
