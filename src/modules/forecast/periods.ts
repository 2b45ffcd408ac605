// Periods of the calendar by their days: months, quarters and years.

export const periodKinds = ['MONTH', 'QUARTER', 'YEAR'] as const;
export type PeriodKind = (typeof periodKinds)[number];

const monthsOf: Record<PeriodKind, number> = { MONTH: 1, QUARTER: 3, YEAR: 12 };

/** First day of the period in which `day` (`2026-05-17`) lies. */
export function periodStart(kind: PeriodKind, day: string): string {
  return dayOf(placeOf(kind, day), kind);
}

/** First day of the period after the one in which `day` lies. */
export function nextPeriodStart(kind: PeriodKind, day: string): string {
  return dayOf(placeOf(kind, day) + 1, kind);
}

/** How many periods there are from the one with `from` to the one with `to`; less than one when they are the wrong way round. */
export function countPeriods(kind: PeriodKind, from: string, to: string): number {
  return placeOf(kind, to) - placeOf(kind, from) + 1;
}

/** The length of a period as PostgreSQL writes it. */
export function intervalOf(kind: PeriodKind): string {
  return `${monthsOf[kind]} months`;
}

function placeOf(kind: PeriodKind, day: string): number {
  const [year, month] = day.split('-').map(Number) as [number, number];
  return Math.floor((year * 12 + month - 1) / monthsOf[kind]);
}

function dayOf(place: number, kind: PeriodKind): string {
  const months = place * monthsOf[kind];
  const [year, month] = [Math.floor(months / 12), (months % 12) + 1];
  return `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}-01`;
}
