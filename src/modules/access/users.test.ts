import sql from 'sql-template-tag';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { countStatements } from '../../../tests/support/counting.ts';
import { createTestDomain, type TestDomain } from '../../../tests/support/domain.ts';
import { viewerWith } from '../../../tests/support/viewers.ts';
import type { BulkOutcome } from '../../commands/bulk.ts';
import type { CommandOutcome } from '../../commands/command.ts';
import { encodeId } from '../../graphql/ids.ts';
import { resolveUserRefs, teamCreate, userArchive, userCreate, userRef, userRestore, usersUpsert, userUpdate } from './index.ts';

let domain: TestDomain;
beforeAll(async () => {
  domain = await createTestDomain();
});
afterAll(() => domain.stop());

const crm = (value: string) => ({ system: 'crm', value });
const codesOf = (outcome: CommandOutcome<unknown>) => outcome.userErrors.map((error) => `${error.code} ${error.path.join('.')}`);
const statuses = (outcome: CommandOutcome<BulkOutcome>) =>
  outcome.result?.results.map((row) => [row.status, ...row.userErrors.map((error) => `${error.code} ${error.path.join('.')}`)].join(' '));
const typesOf = async (subjectId: string) =>
  (await domain.db.query<{ type: string }>(sql`select type from event_inbox where subject_id = ${subjectId}::uuid order by position`)).map(
    (row) => row.type,
  );
async function userRow(id: string) {
  const [row] = await domain.db.query<{
    name: string;
    email: string | null;
    external_id: string | null;
    version: number;
    archived_at: Date | null;
    role: string | null;
  }>(sql`
    select u.*, r.key as role from users u left join roles r on r.workspace_id = u.workspace_id and r.id = u.role_id where u.id = ${id}::uuid`);
  return row!;
}

describe('one user', () => {
  it('is made, changed, archived and restored, each with its event', async () => {
    const { id } = await domain.done(userCreate, { name: ' Ada ', email: ' Ada@Example.COM', role: 'sales', externalId: crm('ada') });
    expect(await userRow(id)).toMatchObject({ name: 'Ada', email: 'ada@example.com', role: 'sales', external_id: 'ada', version: 1 });
    const target = { id: encodeId('User', id) };
    await domain.done(userUpdate, { ...target, name: 'Ada L.', role: null, expectedVersion: 1 });
    await domain.done(userUpdate, { ...target, name: 'Ada L.' });
    expect(await userRow(id)).toMatchObject({ name: 'Ada L.', email: 'ada@example.com', role: null, version: 2 });
    await domain.done(userArchive, target);
    await domain.done(userArchive, target);
    await domain.done(userRestore, target);
    expect((await userRow(id)).archived_at).toBeNull();
    expect(await typesOf(id)).toEqual(['user.created', 'user.updated', 'user.archived', 'user.restored']);
  });

  it.each([
    ['malformed e-mail', { name: 'X', email: 'x@' }, 'EMAIL_INVALID email'],
    ['an unknown role', { name: 'X', role: 'emperor' }, 'NOT_FOUND role'],
    ['an unknown team', { name: 'X', teams: [{ externalId: crm('nowhere') }] }, 'NOT_FOUND teams.0'],
    [
      'a team named twice over',
      { name: 'X', teams: [{ id: encodeId('Team', '01890000-0000-7000-8000-000000000000'), externalId: crm('a') }] },
      'ONE_OF_INVALID teams.0',
    ],
    ['an unknown field', { name: 'X', password: 'secret' }, 'UNKNOWN_FIELD '],
    ['no name', { name: '  ' }, 'TOO_SHORT name'],
  ])('is refused with %s', async (_, input, error) => {
    expect(codesOf(await domain.run(userCreate, input))).toEqual([error]);
  });

  it('shares neither address nor external reference with another', async () => {
    const { id } = await domain.done(userCreate, { name: 'First', email: 'first@example.com', externalId: crm('first') });
    const taken = await domain.run(userCreate, { name: 'Second', email: 'FIRST@example.com', externalId: crm('first') });
    expect(codesOf(taken)).toEqual(['DUPLICATE email', 'DUPLICATE externalId']);
    expect(taken.userErrors[0]?.existing).toEqual({ type: 'User', id });
    const { id: other } = await domain.done(userCreate, { name: 'Third' });
    expect(codesOf(await domain.run(userUpdate, { id: encodeId('User', other), email: 'first@example.com' }))).toEqual(['DUPLICATE email']);
  });

  it('is made once by many who do so at the same moment', async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 8 }, (_, i) => domain.run(userCreate, { name: `Race ${i}`, email: 'race@example.com' })),
    );
    expect(outcomes.filter((outcome) => outcome.result)).toHaveLength(1);
    expect(outcomes.flatMap(codesOf)).toEqual(Array(7).fill('DUPLICATE email'));
  });

  it('of a version that has passed is not changed', async () => {
    const { id } = await domain.done(userCreate, { name: 'V' });
    await domain.done(userUpdate, { id: encodeId('User', id), name: 'V2' });
    expect(codesOf(await domain.run(userUpdate, { id: encodeId('User', id), name: 'V3', expectedVersion: 1 }))).toEqual([
      'VERSION_CONFLICT expectedVersion',
    ]);
  });
});

describe('roles of users', () => {
  it('are given only by callers with roles:write, and none beyond their own', async () => {
    const writer = viewerWith(domain.viewer, { permissions: ['users:*', 'customers:read'] });
    const granter = viewerWith(domain.viewer, { permissions: ['users:*', 'roles:write', 'recognise'] });
    await expect(domain.run(userCreate, { name: 'X', role: 'recogniser' }, writer)).rejects.toThrow('roles:write');
    await expect(domain.run(usersUpsert, { rows: [{ externalId: crm('x'), name: 'X', role: 'recogniser' }] }, writer)).rejects.toThrow(
      'roles:write',
    );
    expect((await domain.run(userCreate, { name: 'X', role: 'recogniser' }, granter)).result).not.toBeNull();
    expect(codesOf(await domain.run(userCreate, { name: 'X', role: 'administrator' }, granter))).toEqual(['ROLE_EXCEEDS_CALLER role']);
  });

  it('protect their holders: no lesser caller may take them over or shut them out', async () => {
    const { id } = await domain.done(userCreate, { name: 'Boss', email: 'boss@example.com', role: 'administrator' });
    const target = { id: encodeId('User', id) };
    const lesser = viewerWith(domain.viewer, { permissions: ['users:*', 'roles:write', 'recognise'] });
    expect(codesOf(await domain.run(userUpdate, { ...target, email: 'thief@example.com' }, lesser))).toEqual(['ROLE_EXCEEDS_CALLER email']);
    expect(codesOf(await domain.run(userUpdate, { ...target, role: null }, lesser))).toEqual(['ROLE_EXCEEDS_CALLER role']);
    expect(codesOf(await domain.run(userArchive, target, lesser))).toEqual(['ROLE_EXCEEDS_CALLER id']);
    const rows = [{ email: 'boss@example.com', name: 'Boss', role: 'recogniser' }];
    expect(statuses(await domain.run(usersUpsert, { rows }, lesser))).toEqual(['REJECTED ROLE_EXCEEDS_CALLER rows.0.role']);
    expect((await domain.run(userUpdate, { ...target, name: 'The boss' }, lesser)).result).toEqual({ id });
    expect(await userRow(id)).toMatchObject({ name: 'The boss', email: 'boss@example.com', role: 'administrator', archived_at: null });
  });
});

describe('references to users', () => {
  it('are found by id, reference and address in one statement, in order, unknown ones as null', async () => {
    const { id } = await domain.done(userCreate, { name: 'Ref', email: 'ref@example.com', externalId: crm('ref') });
    const { db: tx, count } = countStatements(domain.db);
    const parse = (ref: object) => userRef('Who.').parse(ref);
    const refs = [
      parse({ email: ' REF@example.com' }),
      null,
      parse({ externalId: crm('ref') }),
      parse({ id: encodeId('User', id) }),
      parse({ externalId: crm('none') }),
      undefined,
      parse({ email: 'none@example.com' }),
    ];
    expect(await resolveUserRefs({ tx, workspaceId: domain.workspaceId }, refs)).toEqual([id, null, id, id, null, null, null]);
    expect(await resolveUserRefs({ tx, workspaceId: domain.workspaceId }, [null, undefined])).toEqual([null, null]);
    expect(count()).toBe(1);
    expect(() => userRef('Who.').parse({})).toThrow('exactly one');
  });
});

describe('a role with a row scope', () => {
  it('changes only the users it reaches', async () => {
    const { id: teamId } = await domain.done(teamCreate, { name: 'Scoped' });
    const { id: inside } = await domain.done(userCreate, {
      name: 'Inside',
      externalId: crm('in'),
      teams: [{ id: encodeId('Team', teamId) }],
    });
    const { id: outside } = await domain.done(userCreate, { name: 'Outside', externalId: crm('out') });
    const lead = viewerWith(
      domain.viewer,
      { permissions: ['users:*'], rowScope: { users: 'TEAM' } },
      { userId: inside, teamIds: [teamId] },
    );
    expect((await domain.run(userUpdate, { id: encodeId('User', inside), name: 'In' }, lead)).result).not.toBeNull();
    expect(codesOf(await domain.run(userUpdate, { id: encodeId('User', outside), name: 'Out' }, lead))).toEqual(['NOT_FOUND id']);
    expect(codesOf(await domain.run(userArchive, { id: encodeId('User', outside) }, lead))).toEqual(['NOT_FOUND id']);
    const rows = [
      { externalId: crm('in'), name: 'Inner' },
      { externalId: crm('out'), name: 'Outer' },
    ];
    expect(statuses(await domain.run(usersUpsert, { rows, onError: 'SKIP' }, lead))).toEqual(['UPDATED', 'REJECTED OUT_OF_REACH rows.1']);
    expect((await userRow(outside)).name).toBe('Outside');
  });
});
