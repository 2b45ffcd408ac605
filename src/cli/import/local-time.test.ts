import fc from 'fast-check';
import { DateTime } from 'luxon';
import { describe, expect, it } from 'vitest';
import { dateReader, dateTimeReader, instantOf, zoneNamed } from './local-time.ts';
import { RowRejected } from './problem.ts';

const zone = (name: string) => zoneNamed(name) ?? expect.fail(`no zone ${name}`);
const london = zone('Europe/London');
const codeOf = (action: () => unknown): string => {
  try {
    return `no rejection but ${String(action())}`;
  } catch (error) {
    return error instanceof RowRejected ? error.problem.code : String(error);
  }
};

describe('dateTimeReader', () => {
  const read = dateTimeReader('yyyy-MM-dd HH:mm:ss', london);

  it('reads winter and summer times of a zone', () => {
    expect(read('2011-01-18 10:01:00')).toBe('2011-01-18T10:01:00.000Z');
    expect(read('2011-07-18 10:01:00')).toBe('2011-07-18T09:01:00.000Z');
  });
  it('refuses a time that the clocks skipped, and takes the first of two', () => {
    expect(read('2011-03-27 00:59:59')).toBe('2011-03-27T00:59:59.000Z');
    expect(codeOf(() => read('2011-03-27 01:00:00'))).toBe('NONEXISTENT_LOCAL_TIME');
    expect(codeOf(() => read('2011-03-27 01:59:59'))).toBe('NONEXISTENT_LOCAL_TIME');
    expect(read('2011-03-27 02:00:00')).toBe('2011-03-27T01:00:00.000Z');
    expect(read('2011-10-30 01:30:00')).toBe('2011-10-30T00:30:00.000Z');
    expect(read('2011-10-30 02:00:00')).toBe('2011-10-30T02:00:00.000Z');
  });
  it('knows a day that a zone left out, and half-hour changes', () => {
    const samoa = dateTimeReader(undefined, zone('Pacific/Apia'));
    expect(codeOf(() => samoa('2011-12-30 12:00:00'))).toBe('NONEXISTENT_LOCAL_TIME');
    const lordHowe = dateTimeReader(undefined, zone('Australia/Lord_Howe'));
    expect(codeOf(() => lordHowe('2024-10-06 02:15:00'))).toBe('NONEXISTENT_LOCAL_TIME');
    expect(lordHowe('2024-10-06 02:30:00')).toBe('2024-10-05T15:30:00.000Z');
  });
  it('refuses what is no time', () => {
    for (const text of [
      '2011-02-30 10:00:00',
      '2011-01-18',
      '18/01/2011 10:00:00',
      'soon',
      '2011-01-18 25:00:00',
      '2011-01-18 10:01:00 ',
    ]) {
      expect(
        codeOf(() => read(text)),
        text,
      ).toBe('INVALID_DATE_TIME');
    }
  });
  it('reads ISO texts without a format, with and without offset', () => {
    const iso = dateTimeReader(undefined, london);
    expect(iso('2011-07-18 10:01')).toBe('2011-07-18T09:01:00.000Z');
    expect(iso('2011-07-18T10:01:02.5Z')).toBe('2011-07-18T10:01:02.500Z');
    expect(iso('2011-07-18T10:01:02-05:30')).toBe('2011-07-18T15:31:02.000Z');
    expect(iso('2011-07-18')).toBe('2011-07-17T23:00:00.000Z');
    for (const text of ['2011-02-29', '2011', '2011-W03', '2011-07-18T24:01:00'])
      expect(
        codeOf(() => iso(text)),
        text,
      ).toBe('INVALID_DATE_TIME');
  });
  it('takes the instant of a format with an offset or a Unix time', () => {
    expect(dateTimeReader('yyyy-MM-dd HH:mm ZZ', london)('2011-07-18 10:01 +02:00')).toBe('2011-07-18T08:01:00.000Z');
    expect(dateTimeReader('X', london)('1310979660')).toBe('2011-07-18T09:01:00.000Z');
    expect(dateTimeReader("dd 'Zeit' MM yyyy HH:mm", london)('18 Zeit 07 2011 10:01')).toBe('2011-07-18T09:01:00.000Z');
  });
});

describe('instantOf', () => {
  it('gives an instant that shows the wall clock asked for, or none, in any zone', () => {
    const zones = [
      'Europe/London',
      'America/New_York',
      'Pacific/Apia',
      'Australia/Lord_Howe',
      'Asia/Kathmandu',
      'UTC',
      'America/Sao_Paulo',
    ];
    fc.assert(
      fc.property(fc.constantFrom(...zones), fc.integer({ min: 0, max: 2_000_000_000 }), (name, seconds) => {
        const instant = instantOf(seconds * 1000, zone(name));
        const wallClock = DateTime.fromMillis(seconds * 1000, { zone: 'utc' }).toFormat('yyyy-MM-dd HH:mm:ss');
        if (instant !== undefined)
          expect(DateTime.fromMillis(instant, { zone: zone(name) }).toFormat('yyyy-MM-dd HH:mm:ss')).toBe(wallClock);
        else
          expect(DateTime.fromFormat(wallClock, 'yyyy-MM-dd HH:mm:ss', { zone: zone(name) }).toFormat('yyyy-MM-dd HH:mm:ss')).not.toBe(
            wallClock,
          );
      }),
      { numRuns: 300 },
    );
  });
});

describe('dateReader', () => {
  it('reads days by their format and refuses those that do not exist', () => {
    expect(dateReader()('2024-02-29')).toBe('2024-02-29');
    expect(dateReader('dd/MM/yyyy')('05/11/2023')).toBe('2023-11-05');
    expect(dateReader('yyyyMMdd')('19560409')).toBe('1956-04-09');
    expect(codeOf(() => dateReader()('2023-02-29'))).toBe('INVALID_DATE');
    expect(codeOf(() => dateReader()('2023-02-01T00:00'))).toBe('INVALID_DATE');
  });
});
