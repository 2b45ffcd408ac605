import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeTypeId, encodeTypeId, newId } from './typeid.ts';

test('ids of the published specification read and write as it says', () => {
  // The valid examples of the TypeID specification, v0.3, that have a prefix of letters.
  expect(encodeTypeId('prefix', '0110c853-1d09-52d8-d73e-1194e95b5f19')).toBe('prefix_0123456789abcdefghjkmnpqrs');
  expect(decodeTypeId('prefix_01h455vb4pex5vsknk084sn02q')).toEqual({ prefix: 'prefix', uuid: '01890a5d-ac96-774b-bcce-b302099a8057' });
});

test('any UUID comes back', () => {
  fc.assert(
    fc.property(fc.uuid(), fc.stringMatching(/^[a-z]{1,20}$/), (uuid, prefix) => {
      expect(decodeTypeId(encodeTypeId(prefix, uuid))).toEqual({ prefix, uuid });
    }),
  );
});

test.each([
  '',
  'customer',
  'customer_',
  '_01h455vb4pex5vsknk084sn02q',
  'Customer_01h455vb4pex5vsknk084sn02q',
  'customer_01h455vb4pex5vsknk084sn02',
  'customer_01h455vb4pex5vsknk084sn02qq',
  'customer_81h455vb4pex5vsknk084sn02q',
  'customer_01h455vb4pex5vsknk084sn0il',
  'customer_01H455VB4PEX5VSKNK084SN02Q',
  '01890a5d-ac96-774b-bcce-b302099a8057',
  'customer_01h455vb4pex5vsknk084sn02q\n',
  'conversation_6003g0m000221gjg0cg000e000',
])('%j is no id', (text) => {
  expect(decodeTypeId(text)).toBeNull();
});

test('new ids sort by the time they were made', () => {
  const made = Array.from({ length: 500 }, newId);
  expect([...made].sort()).toEqual(made);
});
