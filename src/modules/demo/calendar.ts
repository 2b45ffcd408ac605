// The year that the demo tells of: 365 days in London, of which the last one is the day before the seeding.
import type { Random } from './random.ts';

export const DAYS = 365;
const DAY_MS = 86_400_000;

/** How contacts spread over the year and the hours: shopping at leisure, going to a store, or working hours. */
export type Rhythm = 'leisure' | 'store' | 'office';

export type Calendar = {
  /** The day of seeding at 00:00 UTC: everything happened before. */
  end: Date;
  /** A moment of day `day` (0 to 364; negative: earlier) at a minute of the London day. */
  at(day: number, minute: number, second?: number): Date;
  /** The calendar day as `2025-03-09`. */
  date(day: number): string;
  /** The day that a moment belongs to. */
  dayOf(moment: Date): number;
  /** The day in the year told that has this month (1 to 12) and day of the month. */
  dayOfYear(month: number, dayOfMonth: number): number;
  /** A day between two, both included, by the rhythm's seasons and weekdays. */
  pickDay(random: Random, rhythm: Rhythm, from: number, to: number): number;
  /** A moment of that day by the rhythm's hours. */
  moment(random: Random, rhythm: Rhythm, day: number): Date;
  /** The first working day from this one on. */
  workday(day: number): number;
};

// From January and from Sunday on.
const seasons = [0.7, 0.72, 0.95, 1.15, 1.3, 1.25, 1.15, 1.05, 0.95, 0.82, 1.25, 1.2];
const weekdays: Record<Rhythm, number[]> = {
  leisure: [1.3, 1.05, 0.9, 0.9, 0.95, 1, 1.15],
  store: [1.2, 0.5, 0.6, 0.7, 0.8, 1.1, 2.2],
  office: [0, 1.1, 1.15, 1.1, 1, 0.8, 0],
};
const hours: Record<Rhythm, (readonly [number, number])[]> = {
  leisure: [
    [7, 2],
    [8, 3],
    [9, 3],
    [10, 4],
    [11, 4],
    [12, 6],
    [13, 6],
    [14, 4],
    [15, 4],
    [16, 4],
    [17, 5],
    [18, 6],
    [19, 9],
    [20, 11],
    [21, 10],
    [22, 5],
  ],
  store: [
    [10, 4],
    [11, 7],
    [12, 6],
    [13, 6],
    [14, 7],
    [15, 8],
    [16, 7],
    [17, 3],
  ],
  office: [
    [8, 2],
    [9, 8],
    [10, 10],
    [11, 9],
    [12, 4],
    [13, 5],
    [14, 9],
    [15, 8],
    [16, 6],
    [17, 2],
  ],
};

/** The year before the UTC day of `now`. */
export function calendarBefore(now: Date): Calendar {
  const end = Math.floor(now.getTime() / DAY_MS) * DAY_MS;
  const midnight = (day: number) => end + (day - DAYS) * DAY_MS;
  const utc = (day: number) => new Date(midnight(day));
  const sums = Object.fromEntries((Object.keys(weekdays) as Rhythm[]).map((rhythm) => [rhythm, runningSums(rhythm, utc)])) as Record<
    Rhythm,
    number[]
  >;

  const calendar: Calendar = {
    end: new Date(end),
    at: (day, minute, second = 0) => new Date(midnight(day) + minute * 60_000 + second * 1000 - londonOffset(midnight(day))),
    date: (day) => utc(day).toISOString().slice(0, 10),
    dayOf: (moment) => Math.floor((moment.getTime() - end) / DAY_MS) + DAYS,
    dayOfYear: (month, dayOfMonth) => {
      for (let day = DAYS - 1; day > 0; day--) if (utc(day).getUTCMonth() + 1 === month && utc(day).getUTCDate() === dayOfMonth) return day;
      return 0;
    },
    pickDay: (random, rhythm, from, to) => {
      const [first, last] = [Math.max(0, from), Math.min(DAYS - 1, to)];
      const [low, high] = [sums[rhythm][first]!, sums[rhythm][last + 1]!];
      const wanted = low + random.next() * (high - low);
      let day = first;
      while (day < last && sums[rhythm][day + 1]! <= wanted) day++;
      return day;
    },
    moment: (random, rhythm, day) => calendar.at(day, random.weighted(hours[rhythm]) * 60 + random.int(0, 59), random.int(0, 59)),
    workday: (day) => {
      const weekday = utc(day).getUTCDay();
      return weekday === 6 ? day + 2 : weekday === 0 ? day + 1 : day;
    },
  };
  return calendar;
}

function runningSums(rhythm: Rhythm, utc: (day: number) => Date): number[] {
  const sums = [0];
  for (let day = 0; day < DAYS; day++) {
    const date = utc(day);
    const season = seasons[date.getUTCMonth()]!;
    // Trade buys ahead of the season and hardly stops.
    const weight = rhythm === 'office' ? 0.6 + 0.4 * season : season;
    sums.push(sums[day]! + weight * weekdays[rhythm][date.getUTCDay()]!);
  }
  return sums;
}

// British Summer Time: from the last Sunday of March to the last Sunday of October.
function londonOffset(midnight: number): number {
  const year = new Date(midnight).getUTCFullYear();
  return midnight >= lastSunday(year, 2) && midnight < lastSunday(year, 9) ? 3_600_000 : 0;
}

function lastSunday(year: number, month: number): number {
  const last = new Date(Date.UTC(year, month + 1, 0));
  return last.getTime() - last.getUTCDay() * DAY_MS;
}
