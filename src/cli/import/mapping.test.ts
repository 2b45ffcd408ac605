import { describe, expect, it } from 'vitest';
import { compileMapping } from './mapping.ts';
import { RowRejected } from './problem.ts';

const pass = (row: Record<string, unknown>, more: Record<string, unknown> = {}, source: Record<string, unknown> = {}) =>
  compileMapping({ source, passes: [{ into: 'customers', row, ...more }] }, 'm.json');
const rowOf = (row: Record<string, unknown>, record: Record<string, unknown>, source?: Record<string, unknown>): unknown => {
  try {
    return pass(row, {}, source).passes[0]?.toRow(record);
  } catch (error) {
    if (error instanceof RowRejected) return `${error.problem.code} at ${error.problem.path.join('.')}`;
    throw error;
  }
};
const mistakes = (json: unknown): string => {
  try {
    compileMapping(json, 'm.json');
    return 'accepted';
  } catch (error) {
    return (error as Error).message;
  }
};

describe('rows', () => {
  it('takes constants, columns and templates', () => {
    expect(
      rowOf({ a: '$x', b: 'office:{x}', c: 'constant', d: 3, e: true, f: '$$x', g: '{{x}}', h: { $constant: { $column: 1 } } }, { x: 'v' }),
    ).toEqual({ a: 'v', b: 'office:v', c: 'constant', d: 3, e: true, f: '$x', g: '{x}', h: { $column: 1 } });
  });
  it('leaves out what is empty, and objects and lists whose columns are all empty', () => {
    const row = {
      name: '$name',
      owner: { externalId: { system: 's', value: '$owner' } },
      tags: ['$tag'],
      both: [
        { kind: 'EMAIL', value: '$mail' },
        { kind: 'PHONE', value: '$phone' },
      ],
      t: 'x{owner}',
    };
    expect(rowOf(row, { name: 'n', owner: '', tag: '', mail: 'a@b.c', phone: '' })).toEqual({
      name: 'n',
      both: [{ kind: 'EMAIL', value: 'a@b.c' }],
    });
    expect(rowOf(row, { name: '', owner: '', tag: '', mail: '', phone: '' })).toBe('EMPTY_ROW at ');
  });
  it('says what an empty column means', () => {
    expect(rowOf({ n: '$n', a: { $column: 'x', empty: null }, b: { $column: 'x', empty: 'none' } }, { n: '1', x: '' })).toEqual({
      n: '1',
      a: null,
      b: 'none',
    });
    expect(rowOf({ at: { deep: [{ $column: 'x', empty: '$reject' }] } }, { x: '' })).toBe('VALUE_MISSING at at.deep.0');
  });
  it('looks values up in a table', () => {
    const country = { $column: 'c', map: { EIRE: 'IE', Unspecified: '$omit', none: null } };
    expect(rowOf({ n: '$n', country }, { n: '1', c: 'EIRE' })).toEqual({ n: '1', country: 'IE' });
    expect(rowOf({ n: '$n', country }, { n: '1', c: 'Unspecified' })).toEqual({ n: '1' });
    expect(rowOf({ n: '$n', country }, { n: '1', c: 'none' })).toEqual({ n: '1', country: null });
    expect(rowOf({ n: '$n', country }, { n: '1', c: 'Atlantis' })).toBe('UNMAPPED_VALUE at country');
    expect(rowOf({ n: '$n', country }, { n: '1', c: 'constructor' })).toBe('UNMAPPED_VALUE at country');
    expect(rowOf({ country: { ...country, otherwise: '$keep' } }, { c: 'Atlantis' })).toEqual({ country: 'Atlantis' });
    expect(rowOf({ country: { ...country, otherwise: 'ZZ' } }, { c: 'Atlantis' })).toEqual({ country: 'ZZ' });
  });
  it('converts', () => {
    const as = (kind: string, text: unknown, more: object = {}) => rowOf({ v: { $column: 'x', as: kind, ...more } }, { x: text });
    expect(as('integer', '-12')).toEqual({ v: -12 });
    expect(as('integer', '1,234', { groupMark: ',' })).toEqual({ v: 1234 });
    for (const bad of ['1.5', 'x', '9007199254740993', ''])
      expect(as('integer', bad), bad).toBe(bad === '' ? 'EMPTY_ROW at ' : 'INVALID_INTEGER at v');
    expect(as('decimal', '+001.50')).toEqual({ v: '1.50' });
    expect(as('decimal', '-.5')).toEqual({ v: '-0.5' });
    expect(as('decimal', '12345678901234567890.123456789')).toEqual({ v: '12345678901234567890.123456789' });
    expect(as('decimal', '1.234,50', { decimalMark: ',', groupMark: '.' })).toEqual({ v: '1234.50' });
    expect(as('decimal', 12.5)).toEqual({ v: '12.5' });
    for (const bad of ['1.234.5', '.', '-', '1e5', '12 EUR', '1,5']) expect(as('decimal', bad), bad).toBe('INVALID_DECIMAL at v');
    expect(as('decimal', '1.5', { decimalMark: ',' })).toBe('INVALID_DECIMAL at v');
    expect(as('number', '1.5e3')).toEqual({ v: 1500 });
    for (const bad of ['Infinity', 'NaN', '0x10', '1e999']) expect(as('number', bad), bad).toBe('INVALID_NUMBER at v');
    expect(as('boolean', 'Yes')).toEqual({ v: true });
    expect(as('boolean', 'maybe')).toBe('INVALID_BOOLEAN at v');
    expect(as('json', '{"a":[1]}')).toEqual({ v: { a: [1] } });
    expect(as('json', '{a}')).toBe('INVALID_JSON at v');
    expect(as('dateTime', '2011-07-18 10:00', { timeZone: 'Europe/London' })).toEqual({ v: '2011-07-18T09:00:00.000Z' });
  });
  it('splits lists and changes case', () => {
    expect(rowOf({ tags: { $column: 'x', split: ';', case: 'lower' } }, { x: ' A; ;B ' })).toEqual({ tags: ['a', 'b'] });
    expect(rowOf({ tags: { $column: 'x', split: ';', map: { a: 1 }, otherwise: '$omit' } }, { x: 'a;b' })).toEqual({ tags: [1] });
    expect(rowOf({ n: 1, tags: { $column: 'x', split: ';' } }, { x: ' ; ' })).toBe('EMPTY_ROW at ');
  });
  it('takes the first that is not empty', () => {
    const row = { name: { $first: ['$company', '{given} {family}', 'Unknown'] } };
    expect(rowOf(row, { company: '', given: 'A', family: 'B' })).toEqual({ name: 'A B' });
    expect(rowOf(row, { company: '', given: 'A', family: '' })).toEqual({ name: 'Unknown' });
  });
  it('reads JSON values as they are, also below the top', () => {
    const record = { identities: [{ kind: 'EMAIL', value: 'a@b.c' }], owner: { name: 'O' }, 'a.b': 1, gone: null, list: ['x', 'y'] };
    expect(
      rowOf(
        {
          identities: '$identities',
          owner: '$owner.name',
          dotted: '$a.b',
          gone: '$gone',
          no: '$owner.name.first',
          list: { $column: 'list', case: 'upper' },
        },
        record,
      ),
    ).toEqual({ identities: record.identities, owner: 'O', dotted: 1, list: ['X', 'Y'] });
    expect(rowOf({ x: { $column: 'owner', as: 'integer' } }, record)).toBe('INVALID_VALUE at x');
  });
  it('keeps what a file calls __proto__ from being more than a name', () => {
    const record = JSON.parse('{"__proto__": {"admin": "yes"}, "name": "n"}') as Record<string, unknown>;
    expect(rowOf({ name: '$name', admin: '$admin' }, record)).toEqual({ name: 'n' });
  });
});

describe('where', () => {
  const accepts = (where: object, record: Record<string, unknown>) => pass({ n: '$n' }, { where }).passes[0]?.accepts(record);
  it('compares texts, lists, presence and their opposite', () => {
    expect(accepts({ kind: 'a' }, { kind: 'a' })).toBe(true);
    expect(accepts({ kind: ['a', 'b'] }, { kind: 'c' })).toBe(false);
    expect(accepts({ kind: { present: true } }, { kind: '' })).toBe(false);
    expect(accepts({ kind: { present: false } }, {})).toBe(true);
    expect(accepts({ kind: { not: 'a' }, other: 'x' }, { kind: 'b', other: 'x' })).toBe(true);
    expect(accepts({ kind: { not: ['a', 'b'] } }, { kind: 'b' })).toBe(false);
  });
  it('counts among the columns that are read', () => {
    expect(pass({ n: '$n', t: '{a}{b}' }, { where: { kind: 'a' } }).columns.sort()).toEqual(['a', 'b', 'kind', 'n']);
  });
});

describe('mistakes', () => {
  it('are all told with their path', () => {
    const text = mistakes({
      passes: [
        {
          into: 'customers',
          row: {
            a: { $column: 'x', as: 'integre' },
            b: [{ $column: 'y', format: 'yyyy' }],
            c: 'open {brace',
            d: { $colum: 'x' },
            e: { $first: [] },
            f: { $column: 'z', map: { a: '$nothing' } },
            g: { $column: 'z', timeZone: 'Europe/Londn', as: 'dateTime' },
          },
        },
      ],
    });
    for (const path of [
      'passes[0].row.a.as',
      'passes[0].row.b[0].format',
      'passes[0].row.c',
      'passes[0].row.d.$colum',
      'passes[0].row.e.$first',
      'passes[0].row.f',
      'passes[0].row.g.timeZone',
    ]) {
      expect(text).toContain(`  ${path}`);
    }
  });
  it.each([
    [{ passes: [{ into: 'customers', row: {}, wher: {} }] }, 'wher'],
    [{ passes: [{ into: 'clients', row: {} }] }, 'passes[0].into: must be one of customers'],
    [{ passes: [] }, 'passes'],
    [{ source: { quote: '""' }, passes: [{ into: 'customers', row: {} }] }, 'source.quote'],
    [{ source: { encoding: 'utf-99' }, passes: [{ into: 'customers', row: {} }] }, 'source.encoding'],
    [{ source: { timeZone: 'Nowhere' }, passes: [{ into: 'customers', row: {} }] }, 'source.timeZone'],
    [{ extra: 1, passes: [{ into: 'customers', row: {} }] }, 'extra'],
    [
      {
        passes: [
          { name: 'x', into: 'customers', row: {} },
          { name: 'x', into: 'users', row: {} },
        ],
      },
      'passes[1].name',
    ],
    [[], '(top)'],
  ])('%j', (json, expected) => {
    expect(mistakes(json)).toContain(expected);
  });
});
