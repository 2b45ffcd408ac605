import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeTypeId } from '../lib/typeid.ts';
import { applyMarks, hasRefusal, markOf } from './marks.ts';

const marks = [markOf('id', 'customer'), markOf('x'.repeat(80)), markOf('other', 'user')];

describe('marked places', () => {
  it('become ids and long keys', () => {
    const uuid = '01890a5d-ac96-774b-bcce-b302099a8057';
    expect(JSON.parse(applyMarks(`{"~0":"${uuid}","~1":[1],"~2":null,"name":"~0"}`, marks))).toEqual({
      id: encodeTypeId('customer', uuid),
      ['x'.repeat(80)]: [1],
      other: null,
      name: '~0',
    });
  });

  it('are found among any texts, and nothing else is touched', () => {
    // As PostgreSQL writes it: no space after the colons of objects that the engine makes, one after those of jsonb.
    const hostile = fc.oneof(fc.string(), fc.constantFrom('"~0":"', '~0', '{"~!":0}', '\\"~0\\":', '"~1":', '~', '"'));
    // Without backslashes, which requests cannot put into names either: JSON.parse itself would misread some (see parseBody).
    const name = hostile.filter((text) => !text.includes('\\'));
    const jsonb = (value: unknown) => JSON.stringify(value, null, 1).replace(/\n\s*/g, '');
    fc.assert(
      fc.property(fc.array(fc.record({ id: fc.uuid(), name: hostile, attributes: fc.dictionary(name, hostile) })), (rows) => {
        const text = `[${rows.map((row) => `{"~0":"${row.id}","name":${JSON.stringify(row.name)},"attributes":${jsonb(row.attributes)}}`).join(', \n ')}]`;
        expect(JSON.parse(applyMarks(text, marks))).toEqual(rows.map((row) => ({ ...row, id: encodeTypeId('customer', row.id) })));
        expect(hasRefusal(text)).toBe(false);
      }),
    );
  });

  it('of refused fields are seen', () => {
    expect(hasRefusal('{"owner":{"~!":0}}')).toBe(true);
    expect(hasRefusal('{"sum":{"~!":3,"currencies":["EUR"]}}')).toBe(true);
  });
});
