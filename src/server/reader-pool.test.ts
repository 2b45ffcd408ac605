import { expect, test } from 'vitest';
import { compileRole, type RoleDefinition } from '../auth/permissions.ts';
import type { Viewer } from '../auth/viewer.ts';
import type { Queryable } from '../db/database.ts';
import { createReaderPool, policyKey } from './reader-pool.ts';

const role = (more: Partial<RoleDefinition> = {}) =>
  compileRole({ permissions: ['customers:read', 'events:read'], rowScope: { customers: 'TEAM' }, hiddenFields: [], ...more });
const viewer = (more: object = {}): Viewer =>
  ({
    workspaceId: 'w',
    actor: { kind: 'USER', id: 'u' },
    credentialId: 'c',
    userId: 'u',
    teamIds: ['a', 'b'],
    role: role(),
    roleName: 'r',
    expiresAt: null,
    origin: null,
    ...more,
  }) as Viewer;

test('viewers who see the same have one policy, whatever order it was written in', () => {
  expect(
    policyKey(viewer({ credentialId: 'other', teamIds: ['b', 'a'], role: role({ permissions: ['events:read', 'customers:read'] }) })),
  ).toBe(policyKey(viewer()));
});

test.for<[string, object]>([
  ['workspace', { workspaceId: 'x' }],
  ['user', { userId: 'v' }],
  ['teams', { teamIds: ['a'] }],
  ['permissions', { role: role({ permissions: ['customers:read'] }) }],
  ['row scope', { role: role({ rowScope: { customers: 'OWN' } }) }],
  ['hidden fields', { role: role({ hiddenFields: ['Customer.birthDate'] }) }],
])('another %s is another policy', ([, more]) => {
  expect(policyKey(viewer(more))).not.toBe(policyKey(viewer()));
});

test('reads of one tick meet in one batch under one policy, and never across policies or ticks', async () => {
  const pool = createReaderPool({} as Queryable);
  const batches: number[][] = [];
  const load = async (keys: readonly number[]) => {
    batches.push([...keys]);
    return keys.map((key) => key * 10);
  };
  const [one, same, other] = [viewer(), viewer(), viewer({ userId: 'v' })].map((who) => pool.forViewer(who));
  expect(await Promise.all([one!.batch('x', 1, load), same!.batch('x', 2, load), other!.batch('x', 3, load)])).toEqual([10, 20, 30]);
  expect(batches).toEqual([[1, 2], [3]]);
  await same!.batch('x', 1, load);
  expect(batches.at(-1)).toEqual([1]);
});
