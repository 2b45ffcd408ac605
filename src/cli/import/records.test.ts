import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Position } from './decoded.ts';
import { START } from './decoded.ts';
import { createFramer } from './framer.ts';
import { describeInput } from './input.ts';
import type { SourceOptions } from './mapping.ts';
import type { SourceRecord } from './records.ts';
import { openRecords } from './records.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'trato-records-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

async function read(
  name: string,
  content: string | Buffer,
  source: SourceOptions = {},
  start: Position = START,
  needed: string[] = [],
  columns?: string[],
): Promise<SourceRecord[]> {
  const path = join(folder, name);
  writeFileSync(path, content);
  const { records } = await openRecords(describeInput(path, source), source, start, needed, columns);
  const all: SourceRecord[] = [];
  for await (const group of records) all.push(...group);
  return all;
}
const short = (records: SourceRecord[]): string[] =>
  records.map((record) => (record.values ? Object.values(record.values).join('|') : `${record.problem.code}@${record.line}`));
const failureOf = async (reading: Promise<unknown>): Promise<string> =>
  reading.then(
    () => 'none',
    (error: { code: string; message: string }) => `${error.code}: ${error.message}`,
  );

describe('CSV', () => {
  it('reads quotes, line ends of both kinds, blank lines, a byte order mark and a last line without end', async () => {
    const records = await read('a.csv', '\uFEFFa,b\r\n1,"x, ""y"""\r\n\r\n2,"two\nlines"\n3,z');
    expect(short(records)).toEqual(['1|x, "y"', '2|two\nlines', '3|z']);
    expect(records.map(({ number, line }) => [number, line])).toEqual([
      [1, 2],
      [2, 4],
      [3, 6],
    ]);
  });
  it('obeys delimiter, quote, escape, trim, columns and the ending .tsv', async () => {
    expect(short(await read('b.csv', " a ;b\n 'x;''y' ; z \n", { delimiter: ';', quote: "'", escape: "'", trim: true }))).toEqual([
      "x;'y|z",
    ]);
    expect(short(await read('b2.csv', 'a,b\n"x\\"y",z\n"p\\"\nq",r\n', { escape: '\\' }))).toEqual(['x"y|z', 'p"\nq|r']);
    expect(short(await read('c.tsv', 'a\tb\n1\t2\n'))).toEqual(['1|2']);
    expect(short(await read('d.csv', '1,2\n', { columns: ['a', 'b'] }))).toEqual(['1|2']);
    expect(short(await read('e.csv', 'a,b\n5" nail,"x"\n', { quote: null }))).toEqual(['5" nail|"x"']);
  });
  it('reads other encodings and gzip', async () => {
    expect(short(await read('f.csv', Buffer.from('a\nCafé €\n'.replace('€', '\x80'), 'latin1'), { encoding: 'windows-1252' }))).toEqual([
      'Café €',
    ]);
    expect(short(await read('g.csv', Buffer.from('\uFEFFa,b\nÄ,"x\ny"\n', 'utf16le'), { encoding: 'utf-16le' }))).toEqual(['Ä|x\ny']);
    expect(short(await read('h.csv.gz', gzipSync('\uFEFFa\nx\n')))).toEqual(['x']);
    expect(await failureOf(read('i.csv.gz', gzipSync('a\n'.repeat(1000)).subarray(0, 20)))).toContain('INPUT_UNREADABLE');
  });
  it('rejects what is broken, by line, and reads the rest', async () => {
    const text = ['a,b', '1,2', '3', '4,5,6', '"7,8', '9,10', '11,1"2', '13,14', '"15"x,16', '17,18', '"19,20'].join('\n');
    const records = await read('j.csv', text);
    expect(short(records)).toEqual([
      '1|2',
      'COLUMN_COUNT@3',
      'COLUMN_COUNT@4',
      'BROKEN_QUOTES@5',
      '9|10',
      'BROKEN_QUOTES@7',
      '13|14',
      'BROKEN_QUOTES@9',
      '17|18',
      'BROKEN_QUOTES@11',
    ]);
    expect(records[3]).toMatchObject({ raw: '"7,8', number: 4 });
  });
  it('loses one line to a stray quote also where records span lines', async () => {
    const good = (id: number): string => `${id},"two\nlines ${id}"`;
    const records = await read('j2.csv', ['a,b', good(1), '2,"open', good(3), good(4), '5,"open', '6,"open', good(7), ''].join('\n'));
    expect(short(records)).toEqual([
      '1|two\nlines 1',
      'BROKEN_QUOTES@4',
      '3|two\nlines 3',
      '4|two\nlines 4',
      'BROKEN_QUOTES@9',
      'BROKEN_QUOTES@10',
      '7|two\nlines 7',
    ]);
  });
  it('rejects a line that is not UTF-8', async () => {
    const bytes = Buffer.concat([Buffer.from('a,b\n1,ok\n2,'), Buffer.from([0xff, 0xfe]), Buffer.from('\n3,"fi\nne"\n')]);
    expect(short(await read('k.csv', bytes))).toEqual(['1|ok', 'INVALID_UTF8@3', '3|fi\nne']);
  });
  it('rejects a record that never ends, without keeping it', async () => {
    const records = await read('l.csv', `a,b\n1,${'x'.repeat(3_000_000)}\n2,y\n`);
    expect(short(records)).toEqual(['RECORD_TOO_LONG@2', '2|y']);
  });
  it('refuses a bad header, an empty file and missing columns', async () => {
    expect(await failureOf(read('m.csv', 'a,a\n1,2\n'))).toBe('BAD_HEADER: the header names the column "a" twice');
    expect(await failureOf(read('n.csv', ''))).toContain('EMPTY_INPUT');
    expect(await failureOf(read('o.csv', '"a,b\n1,2\n'))).toContain('BAD_HEADER');
    expect(await failureOf(read('p.csv', 'a,b\n1,2\n', {}, START, ['a', 'x', 'y']))).toBe(
      'MISSING_COLUMNS: the mapping reads columns that the file has not: "x", "y"',
    );
    expect(await failureOf(openRecords(describeInput(join(folder, 'p.csv'), {}), {}, START, ['b'], undefined))).toBe('none');
    await expect(async () => describeInput(join(folder, 'absent.csv'), {})).rejects.toMatchObject({ code: 'INPUT_NOT_FOUND' });
  });
});

describe('JSON Lines', () => {
  it('reads objects and rejects the rest by line', async () => {
    const records = await read('a.jsonl', '\uFEFF{"a":" x "}\n\n[1]\n{bad\n  \n{"a":"y"}', { trim: true });
    expect(short(records)).toEqual(['x', 'INVALID_JSON@3', 'INVALID_JSON@4', 'y']);
  });
});

describe('any file', () => {
  const cell = fc.string({ unit: fc.constantFrom('a', 'b', '"', ',', '\n', '\r\n', 'é', ' '), maxLength: 6 });
  const table = fc.array(fc.tuple(cell, cell), { maxLength: 12 });
  const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;
  const csv = (rows: string[][]): string => ['k,v', ...rows.map((row) => row.map(quoted).join(','))].join('\n');

  it('gives back what was written', async () => {
    await fc.assert(
      fc.asyncProperty(table, async (rows) => {
        const records = await read('property.csv', csv(rows));
        expect(records.map(({ values }) => Object.values(values ?? {}))).toEqual(rows);
      }),
      { numRuns: 60 },
    );
  });
  it.each(['resume.csv', 'resume.csv.gz'])('goes on at the end of any record as if it had not stopped: %s', async (name) => {
    await fc.assert(
      fc.asyncProperty(table, fc.nat(), fc.boolean(), async (rows, pick, mark) => {
        const text = `${mark ? '\uFEFF' : ''}${csv(rows)}\n"broken,x\ny,z\n`;
        const content = name.endsWith('.gz') ? gzipSync(text) : text;
        const whole = await read(name, content);
        const stop = whole[pick % whole.length] as SourceRecord;
        const rest = await read(name, content, {}, stop.end, [], ['k', 'v']);
        expect(rest.map(({ bytes: _, ...record }) => record)).toEqual(whole.slice(stop.number).map(({ bytes: _, ...record }) => record));
      }),
      { numRuns: 40 },
    );
  });
  it('cuts the same frames however its bytes arrive', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('a,b\n', '"a\nb"\n', 'x"y\n', '\r\n', '"open\n', 'é\n'), { maxLength: 20 }),
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
        (lines, sizes) => {
          const bytes = Buffer.from(lines.join(''));
          const frames = (cuts: number[]): unknown[] => {
            const framer = createFramer({ quote: '"', maxBytes: 40, verify: (record) => !record.includes('x') });
            const found: unknown[] = [];
            for (let at = 0, index = 0; at < bytes.length; index++) {
              const size = cuts[index % cuts.length] as number;
              for (const frame of framer.push(bytes.subarray(at, at + size))) found.push({ ...frame, bytes: frame.bytes.toString() });
              at += size;
            }
            for (const frame of framer.end()) found.push({ ...frame, bytes: frame.bytes.toString() });
            return found;
          };
          expect(frames(sizes)).toEqual(frames([bytes.length + 1]));
        },
      ),
    );
  });
});

it('reads a large file in constant memory', async () => {
  const path = join(folder, 'large.csv');
  const line = '536365,2010-12-01 08:26:00,17850,United Kingdom,7,40,139.12,purchase\n';
  writeFileSync(path, 'a,b,c,d,e,f,g,h\n');
  const block = line.repeat(20_000);
  for (let index = 0; index < 25; index++) writeFileSync(path, block, { flag: 'a' });
  const { records } = await openRecords(describeInput(path, {}), {}, START, [], undefined);
  let count = 0;
  let most = 0;
  for await (const group of records) {
    count += group.length;
    most = Math.max(most, group.length);
  }
  expect(count).toBe(500_000);
  expect(most).toBeLessThan(10_000); // never more in hand than one chunk holds
});
