// Times as files hold them: wall-clock texts without an offset. A wall clock skips an hour in spring and repeats
// one in autumn; what never happened is refused instead of moved, and what happened twice is taken as the first.

import type { Zone } from 'luxon';
import { DateTime, FixedOffsetZone, IANAZone } from 'luxon';
import { reject, shown } from './problem.ts';

const HOURS_24 = 86_400_000;
const ISO = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)?\s*(Z|[+-]\d\d(?::?\d\d)?)?$/i;

/** A zone by its IANA name ("Europe/London") or "UTC"; undefined where there is no such zone. */
export function zoneNamed(name: string): Zone | undefined {
  if (/^(utc|gmt|z)$/i.test(name)) return FixedOffsetZone.utcInstance;
  return IANAZone.isValidZone(name) ? IANAZone.create(name) : undefined;
}

/** The first instant (ms) at which the clocks of `zone` showed the wall-clock time given as ms "as if UTC"; undefined if they never did. */
export function instantOf(wallClock: number, zone: Zone): number | undefined {
  const before = zone.offset(wallClock - HOURS_24);
  const after = zone.offset(wallClock + HOURS_24);
  const instants = (before === after ? [before] : [before, after])
    .filter((offset) => zone.offset(wallClock - offset * 60_000) === offset)
    .map((offset) => wallClock - offset * 60_000);
  return instants.length > 0 ? Math.min(...instants) : undefined;
}

// A format with an offset or a zone names the instant by itself.
const namesInstant = (format: string): boolean => /z/i.test(format.replaceAll(/'[^']*'/g, ''));

/** Formats that luxon writes but does not read: seconds and milliseconds since 1970. */
const UNIX: Record<string, number> = { X: 1000, x: 1 };

/** Makes the reader of one kind of time text: gives an ISO instant in UTC, or rejects the row. */
export function dateTimeReader(format: string | undefined, zone: Zone): (text: string) => string {
  const toInstant = (wallClock: DateTime, text: string): string => {
    const instant = instantOf(wallClock.toMillis(), zone);
    if (instant === undefined) {
      reject('NONEXISTENT_LOCAL_TIME', `${shown(text)} does not exist in ${zone.name}: the clocks were put forward over it`);
    }
    return new Date(instant).toISOString();
  };
  const valid = (time: DateTime, text: string): DateTime =>
    time.isValid ? time : reject('INVALID_DATE_TIME', `${shown(text)} is no time${format ? ` of the form ${format}` : ''}`);

  if (format === undefined) {
    return (text) => {
      const parts = ISO.exec(text) ?? reject('INVALID_DATE_TIME', `${shown(text)} is no time of the form yyyy-MM-dd HH:mm:ss`);
      const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '0', offset] = parts;
      const wallClock = valid(
        DateTime.fromObject(
          {
            year: Number(year),
            month: Number(month),
            day: Number(day),
            hour: Number(hour),
            minute: Number(minute),
            second: Number(second),
            millisecond: Number(fraction.padEnd(3, '0').slice(0, 3)),
          },
          { zone: 'utc' },
        ),
        text,
      );
      if (!offset) return toInstant(wallClock, text);
      const [, sign, hours = '0', minutes = '0'] = /([+-])(\d\d):?(\d\d)?/.exec(offset) ?? [];
      const offsetMinutes = (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -1 : 1);
      return new Date(wallClock.toMillis() - offsetMinutes * 60_000).toISOString();
    };
  }
  const unit = UNIX[format];
  if (unit !== undefined) {
    return (text) => {
      const instant = new Date(/^-?\d+(\.\d+)?$/.test(text) ? Number(text) * unit : Number.NaN);
      return Number.isNaN(instant.getTime())
        ? reject('INVALID_DATE_TIME', `${shown(text)} is no time of the form ${format}`)
        : instant.toISOString();
    };
  }
  if (namesInstant(format)) {
    return (text) => new Date(valid(DateTime.fromFormat(text, format, { zone, locale: 'en' }), text).toMillis()).toISOString();
  }
  return (text) => toInstant(valid(DateTime.fromFormat(text, format, { zone: 'utc', locale: 'en' }), text), text);
}

/** Makes the reader of a calendar date: gives yyyy-MM-dd, or rejects the row. Times after the date are not accepted. */
export function dateReader(format = 'yyyy-MM-dd'): (text: string) => string {
  return (text) => {
    const date = DateTime.fromFormat(text, format, { zone: 'utc', locale: 'en' });
    if (!date.isValid) reject('INVALID_DATE', `${shown(text)} is no date of the form ${format}`);
    return date.toFormat('yyyy-MM-dd');
  };
}
