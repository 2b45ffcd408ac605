import { expect, test } from 'vitest';
import { allEntities } from '../query/entity.ts';
import { decodeAnyId, decodeId, encodeId, tryDecodeId } from './ids.ts';
import { buildSchema } from './schema.ts';

buildSchema();
const uuid = '01890a5d-ac96-774b-bcce-b302099a8057';

test('an id tells its entity, and is refused as the id of another', () => {
  const id = encodeId('Customer', uuid);
  expect(id).toMatch(/^customer_/);
  expect([decodeId(id, 'Customer'), decodeAnyId(id)]).toEqual([uuid, { entity: 'Customer', uuid }]);
  expect(tryDecodeId(id, 'User')).toBeNull();
  expect(() => decodeId(id, 'User')).toThrow(expect.objectContaining({ extensions: { code: 'ID_INVALID' } }));
  expect(decodeAnyId('nothing_01h455vb4pex5vsknk084sn02q')).toBeNull();
});

test('every entity has a prefix of its own, in letters only', () => {
  const prefixes = allEntities().map((entity) => entity.prefix);
  expect(prefixes.length).toBeGreaterThan(15);
  expect(new Set(prefixes).size).toBe(prefixes.length);
  for (const prefix of prefixes) expect(prefix).toMatch(/^[a-z]+$/);
});
