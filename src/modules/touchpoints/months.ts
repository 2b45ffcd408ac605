// Periods measured in months of the calendar, for targets that are set per month.

/** How many months lie between two moments, in UTC, as a fraction: a day counts as its part of the month it lies in. */
export function monthsBetween(from: Date, to: Date): number {
  return placeInMonths(to) - placeInMonths(from);
}

function placeInMonths(moment: Date): number {
  const [year, month] = [moment.getUTCFullYear(), moment.getUTCMonth()];
  const start = Date.UTC(year, month);
  return year * 12 + month + (moment.getTime() - start) / (Date.UTC(year, month + 1) - start);
}
