import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDomain, type TestDomain } from '../../../tests/support/domain.ts';
import { encodeTypeId } from '../../lib/typeid.ts';
import { customerCreate } from '../customers/customers.commands.ts';
import { relationshipCreate } from '../relationships/index.ts';
import { channelCommands, relationshipKindCommands } from './index.ts';

let domain: TestDomain;

beforeAll(async () => {
  domain = await createTestDomain();
});
afterAll(() => domain.stop());

describe('vocabularies', () => {
  it('have unique keys, and name the entry that has one', async () => {
    const { id } = await domain.done(channelCommands.create, { key: 'pigeon', name: 'Pigeon' });
    const { userErrors } = await domain.run(channelCommands.create, { key: 'pigeon', name: 'Other' });
    expect(userErrors).toMatchObject([{ code: 'DUPLICATE', existing: { type: 'Channel', id } }]);
  });

  it('refuse a change of something else than was seen', async () => {
    const { id } = await domain.done(channelCommands.create, { key: 'drum', name: 'Drum' });
    await domain.done(channelCommands.update, { id: encodeTypeId('channel', id), name: 'Big drum' });
    const { userErrors } = await domain.run(channelCommands.update, {
      id: encodeTypeId('channel', id),
      name: 'Small drum',
      expectedVersion: 1,
    });
    expect(userErrors).toMatchObject([{ code: 'VERSION_CONFLICT', current: { id } }]);
  });

  it('do not switch on a rule of a relationship kind that has ties', async () => {
    const { id } = await domain.done(relationshipKindCommands.create, { key: 'knows', name: 'knows', inverseName: 'is known by' });
    expect(
      (await domain.run(relationshipKindCommands.update, { id: encodeTypeId('relationshipkind', id), acyclic: true })).userErrors,
    ).toEqual([]);
    await domain.done(relationshipKindCommands.update, { id: encodeTypeId('relationshipkind', id), acyclic: false });
    const [a, b] = [await domain.done(customerCreate, { displayName: 'A' }), await domain.done(customerCreate, { displayName: 'B' })];
    await domain.done(relationshipCreate, {
      kind: 'knows',
      from: { id: encodeTypeId('customer', a.id) },
      to: { id: encodeTypeId('customer', b.id) },
    });
    const { userErrors } = await domain
      .run(relationshipKindCommands.upsert, { rows: [{ key: 'knows', name: 'knows', inverseName: 'is known by', acyclic: true }] })
      .then((outcome) => outcome.result!.results[0]!);
    expect(userErrors).toMatchObject([{ code: 'KIND_IN_USE', path: ['rows', '0', 'acyclic'] }]);
  });
});
