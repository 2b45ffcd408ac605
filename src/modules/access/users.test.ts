import sql from 'sql-template-tag';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDomain, type TestDomain } from '../../../tests/support/domain.ts';
import { viewerWith } from '../../../tests/support/viewers.ts';
import type { BulkOutcome } from '../../commands/bulk.ts';
import type { CommandOutcome } from '../../commands/command.ts';
import { encodeId } from '../../graphql/ids.ts';
import { resolveTeamRefs, resolveUserRefs, teamCreate, teamsUpsert, userArchive, userCreate, userRef, userRestore, usersUpsert, userUpdate } from './index.ts';

let domain: TestDomain;
beforeAll(async () => {
  domain = await createTestDomain();
});
afterAll(() => domain.stop());

const crm = (value: string) => ({ system: 'crm', value });
const codesOf = (outcome: CommandOutcome<unknown>) => outcome.userErrors.map((error) => `${error.code} ${error.path.join('.')}`);
const statuses = (outcome: CommandOutcome<BulkOutcome>) => outcome.result?.results.map((row) => [row.status, ...row.userErrors.map((error) => `${error.code} ${error.path.join('.')}`)].join(' '));
const typesOf = async (subjectId: string) =>
  (await domain.db.query<{ type: string }>(sql`select type from event_inbox where subject_id = ${subjectId}::uuid order by position`)).map((row) => row.type);
async function userRow(id: string) {
  const [row] = await domain.db.query<{ name: string; email: string | null; external_id: string | null; version: number; archived_at: Date | null; role: string | null }>(sql`
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
    ['a team named twice over', { name: 'X', teams: [{ id: encodeId('Team', '01890000-0000-7000-8000-000000000000'), externalId: crm('a') }] }, 'ONE_OF_INVALID teams.0'],
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
    const outcomes = await Promise.all(Array.from({ length: 8 }, (_, i) => domain.run(userCreate, { name: `Race ${i}`, email: 'race@example.com' })));
    expect(outcomes.filter((outcome) => outcome.result)).toHaveLength(1);
    expect(outcomes.flatMap(codesOf)).toEqual(Array(7).fill('DUPLICATE email'));
  });

  it('of a version that has passed is not changed', async () => {
    const { id } = await domain.done(userCreate, { name: 'V' });
    await domain.done(userUpdate, { id: encodeId('User', id), name: 'V2' });
    expect(codesOf(await domain.run(userUpdate, { id: encodeId('User', id), name: 'V3', expectedVersion: 1 }))).toEqual(['VERSION_CONFLICT expectedVersion']);
  });
});

describe('roles of users', () => {
  it('are given only by callers with roles:write, and none beyond their own', async () => {
    const writer = viewerWith(domain.viewer, { permissions: ['users:*', 'customers:read'] });
    const granter = viewerWith(domain.viewer, { permissions: ['users:*', 'roles:write', 'recognise'] });
    await expect(domain.run(userCreate, { name: 'X', role: 'recogniser' }, writer)).rejects.toThrow('roles:write');
    await expect(domain.run(usersUpsert, { rows: [{ externalId: crm('x'), name: 'X', role: 'recogniser' }] }, writer)).rejects.toThrow('roles:write');
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

describe('usersUpsert', () => {
  it('makes, changes and leaves alone, by reference or by address', async () => {
    const rows = [
      { externalId: crm('u1'), name: 'One', email: 'one@example.com' },
      { externalId: crm('u2'), name: 'Two' },
      { name: 'Three', email: 'three@example.com' },
    ];
    expect(statuses(await domain.run(usersUpsert, { rows }))).toEqual(['CREATED', 'CREATED', 'CREATED']);
    expect(statuses(await domain.run(usersUpsert, { rows }))).toEqual(['UNCHANGED', 'UNCHANGED', 'UNCHANGED']);
    const later = [{ externalId: crm('u1'), name: 'One' }, { externalId: crm('u2'), name: '2', email: 'two@example.com' }, { name: 'Three!', email: 'THREE@example.com' }];
    const outcome = await domain.run(usersUpsert, { rows: later });
    expect(statuses(outcome)).toEqual(['UNCHANGED', 'UPDATED', 'UPDATED']);
    expect(await userRow(outcome.result!.results[0]!.id!)).toMatchObject({ email: 'one@example.com', version: 1 });
    expect(await typesOf(outcome.result!.results[1]!.id!)).toEqual(['user.created', 'user.updated']);
  });

  it('applies rows for one user after each other, by whichever key each names it', async () => {
    const rows = [
      { externalId: crm('w1'), name: 'A', email: 'w@example.com' },
      { externalId: crm('w1'), name: 'B' },
      { name: 'C', email: 'w@example.com' },
      { externalId: crm('w1'), name: 'D' },
    ];
    const outcome = await domain.run(usersUpsert, { rows });
    expect(statuses(outcome)).toEqual(['CREATED', 'UPDATED', 'UPDATED', 'UPDATED']);
    expect(new Set(outcome.result!.results.map((row) => row.id)).size).toBe(1);
    expect(await userRow(outcome.result!.results[0]!.id!)).toMatchObject({ name: 'D', version: 4 });
    const again = await domain.run(usersUpsert, { rows: [{ externalId: crm('w1'), name: 'E' }, { name: 'F', email: 'w@example.com' }] });
    expect(statuses(again)).toEqual(['UPDATED', 'UPDATED']);
    expect((await userRow(again.result!.results[0]!.id!)).name).toBe('F');
  });

  it('adds to teams, each once', async () => {
    await domain.done(teamsUpsert, { rows: [{ externalId: crm('t1'), name: 'T1' }, { externalId: crm('t2'), name: 'T2' }] });
    const row = (teams: object[]) => [{ externalId: crm('m1'), name: 'Member', teams }];
    const t1 = { externalId: crm('t1') };
    expect(statuses(await domain.run(usersUpsert, { rows: row([t1]) }))).toEqual(['CREATED']);
    expect(statuses(await domain.run(usersUpsert, { rows: row([t1]) }))).toEqual(['UNCHANGED']);
    expect(statuses(await domain.run(usersUpsert, { rows: row([t1, { externalId: crm('t2') }, t1]) }))).toEqual(['UPDATED']);
    const [t2] = await resolveTeamRefs({ tx: domain.db, workspaceId: domain.workspaceId }, [{ externalId: crm('t2') }]);
    expect(await typesOf(t2!)).toEqual(['team.created', 'team.member_added']);
  });

  it('stops as a whole or leaves out bad rows, and tries without traces', async () => {
    const rows = [
      { externalId: crm('s1'), name: 'Good' },
      { name: 'Without any key' },
      { externalId: crm('s2'), name: 'Bad', email: 'nobody' },
      { externalId: crm('s3'), name: 'Taken', email: 'one@example.com' },
      { externalId: crm('s4'), name: 'Lost', teams: [{ externalId: crm('t1') }, { externalId: crm('t9') }] },
    ];
    const bad = ['REJECTED KEY_MISSING rows.1', 'REJECTED EMAIL_INVALID rows.2.email', 'REJECTED DUPLICATE rows.3.email', 'REJECTED NOT_FOUND rows.4.teams.1'];
    const stopped = ['REJECTED KEY_MISSING rows.1', 'REJECTED EMAIL_INVALID rows.2.email'];
    expect(statuses(await domain.run(usersUpsert, { rows }))).toEqual(['ABORTED', ...stopped, 'ABORTED', 'ABORTED']);
    expect(statuses(await domain.run(usersUpsert, { rows, onError: 'SKIP', dryRun: true }))).toEqual(['CREATED', ...bad]);
    expect(await resolveUserRefs({ tx: domain.db, workspaceId: domain.workspaceId }, [{ externalId: crm('s1') }])).toEqual([null]);
    expect(statuses(await domain.run(usersUpsert, { rows, onError: 'SKIP' }))).toEqual(['CREATED', ...bad]);
    const found = await resolveUserRefs({ tx: domain.db, workspaceId: domain.workspaceId }, ['s1', 's2', 's3', 's4'].map((value) => ({ externalId: crm(value) })));
    expect(found.map((id) => id !== null)).toEqual([true, false, false, false]);
  });

  it('by many at once makes each user once', async () => {
    const rows = Array.from({ length: 20 }, (_, i) => ({ ...(i % 2 ? { externalId: crm(`many${i}`) } : {}), name: `Many ${i}`, email: `many${i}@example.com` }));
    const outcomes = await Promise.all(Array.from({ length: 6 }, () => domain.run(usersUpsert, { rows })));
    const all = outcomes.flatMap((outcome) => statuses(outcome)!);
    expect([all.filter((status) => status === 'CREATED').length, all.filter((status) => status === 'UNCHANGED').length]).toEqual([20, 100]);
  });

  it('writes 500 rows in a handful of statements', async () => {
    const rows = (suffix: string) => Array.from({ length: 500 }, (_, i) => ({ externalId: crm(`bulk${i}`), name: `User ${i}${suffix}`, email: `bulk${i}@example.com`, role: 'sales', teams: [{ externalId: crm('t1') }] }));
    const statements: string[] = [];
    const count = (text: string) => {
      statements.push(text);
    };
    const counted = { ...domain, db: { ...domain.db, transaction: <T>(fn: Parameters<typeof domain.db.transaction<T>>[0]) => domain.db.transaction<T>((tx) => fn({ ...tx, query: (s) => (count(s.text), tx.query(s)), execute: (s) => (count(s.text), tx.execute(s)) })) } };
    const { runCommand } = await import('../../commands/command.ts');
    const run = (suffix: string) => runCommand({ db: counted.db, viewer: domain.viewer, requestId: 'test' }, usersUpsert, { rows: rows(suffix) });
    for (const [suffix, status] of [['', 'CREATED'], ['', 'UNCHANGED'], ['!', 'UPDATED']] as const) {
      statements.length = 0;
      expect(new Set(statuses(await run(suffix)))).toEqual(new Set([status]));
      expect(statements.length).toBeLessThan(20);
    }
  });
});

describe('references to users', () => {
  it('are found by id, reference and address in one statement, in order, unknown ones as null', async () => {
    const { id } = await domain.done(userCreate, { name: 'Ref', email: 'ref@example.com', externalId: crm('ref') });
    let statements = 0;
    const tx = { ...domain.db, query: (s: Parameters<typeof domain.db.query>[0]) => (statements++, domain.db.query(s)) } as typeof domain.db;
    const parse = (ref: object) => userRef('Who.').parse(ref);
    const refs = [parse({ email: ' REF@example.com' }), null, parse({ externalId: crm('ref') }), parse({ id: encodeId('User', id) }), parse({ externalId: crm('none') }), undefined, parse({ email: 'none@example.com' })];
    expect(await resolveUserRefs({ tx, workspaceId: domain.workspaceId }, refs)).toEqual([id, null, id, id, null, null, null]);
    expect(await resolveUserRefs({ tx, workspaceId: domain.workspaceId }, [null, undefined])).toEqual([null, null]);
    expect(statements).toBe(1);
    expect(() => userRef('Who.').parse({})).toThrow('exactly one');
  });
});

describe('a role with a row scope', () => {
  it('changes only the users it reaches', async () => {
    const { id: teamId } = await domain.done(teamCreate, { name: 'Scoped' });
    const { id: inside } = await domain.done(userCreate, { name: 'Inside', externalId: crm('in'), teams: [{ id: encodeId('Team', teamId) }] });
    const { id: outside } = await domain.done(userCreate, { name: 'Outside', externalId: crm('out') });
    const lead = viewerWith(domain.viewer, { permissions: ['users:*'], rowScope: { users: 'TEAM' } }, { userId: inside, teamIds: [teamId] });
    expect((await domain.run(userUpdate, { id: encodeId('User', inside), name: 'In' }, lead)).result).not.toBeNull();
    expect(codesOf(await domain.run(userUpdate, { id: encodeId('User', outside), name: 'Out' }, lead))).toEqual(['NOT_FOUND id']);
    expect(codesOf(await domain.run(userArchive, { id: encodeId('User', outside) }, lead))).toEqual(['NOT_FOUND id']);
    const rows = [{ externalId: crm('in'), name: 'Inner' }, { externalId: crm('out'), name: 'Outer' }];
    expect(statuses(await domain.run(usersUpsert, { rows, onError: 'SKIP' }, lead))).toEqual(['UPDATED', 'REJECTED OUT_OF_REACH rows.1']);
    expect((await userRow(outside)).name).toBe('Outside');
  });
});
