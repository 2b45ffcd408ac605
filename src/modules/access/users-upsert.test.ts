import sql from 'sql-template-tag';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { countStatements } from '../../../tests/support/counting.ts';
import { createTestDomain, type TestDomain } from '../../../tests/support/domain.ts';
import type { BulkOutcome } from '../../commands/bulk.ts';
import { type CommandOutcome, runCommand } from '../../commands/command.ts';
import { resolveTeamRefs, resolveUserRefs, teamsUpsert, usersUpsert } from './index.ts';

let domain: TestDomain;
beforeAll(async () => {
  domain = await createTestDomain();
});
afterAll(() => domain.stop());

const crm = (value: string) => ({ system: 'crm', value });
const _codesOf = (outcome: CommandOutcome<unknown>) => outcome.userErrors.map((error) => `${error.code} ${error.path.join('.')}`);
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

describe('usersUpsert', () => {
  it('makes, changes and leaves alone, by reference or by address', async () => {
    const rows = [
      { externalId: crm('u1'), name: 'One', email: 'one@example.com' },
      { externalId: crm('u2'), name: 'Two' },
      { name: 'Three', email: 'three@example.com' },
    ];
    expect(statuses(await domain.run(usersUpsert, { rows }))).toEqual(['CREATED', 'CREATED', 'CREATED']);
    expect(statuses(await domain.run(usersUpsert, { rows }))).toEqual(['UNCHANGED', 'UNCHANGED', 'UNCHANGED']);
    const later = [
      { externalId: crm('u1'), name: 'One' },
      { externalId: crm('u2'), name: '2', email: 'two@example.com' },
      { name: 'Three!', email: 'THREE@example.com' },
    ];
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
    const again = await domain.run(usersUpsert, {
      rows: [
        { externalId: crm('w1'), name: 'E' },
        { name: 'F', email: 'w@example.com' },
      ],
    });
    expect(statuses(again)).toEqual(['UPDATED', 'UPDATED']);
    expect((await userRow(again.result!.results[0]!.id!)).name).toBe('F');
  });

  it('adds to teams, each once', async () => {
    await domain.done(teamsUpsert, {
      rows: [
        { externalId: crm('t1'), name: 'T1' },
        { externalId: crm('t2'), name: 'T2' },
      ],
    });
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
    const bad = [
      'REJECTED KEY_MISSING rows.1',
      'REJECTED EMAIL_INVALID rows.2.email',
      'REJECTED DUPLICATE rows.3.email',
      'REJECTED NOT_FOUND rows.4.teams.1',
    ];
    const stopped = ['REJECTED KEY_MISSING rows.1', 'REJECTED EMAIL_INVALID rows.2.email'];
    expect(statuses(await domain.run(usersUpsert, { rows }))).toEqual(['ABORTED', ...stopped, 'ABORTED', 'ABORTED']);
    expect(statuses(await domain.run(usersUpsert, { rows, onError: 'SKIP', dryRun: true }))).toEqual(['CREATED', ...bad]);
    expect(await resolveUserRefs({ tx: domain.db, workspaceId: domain.workspaceId }, [{ externalId: crm('s1') }])).toEqual([null]);
    expect(statuses(await domain.run(usersUpsert, { rows, onError: 'SKIP' }))).toEqual(['CREATED', ...bad]);
    const found = await resolveUserRefs(
      { tx: domain.db, workspaceId: domain.workspaceId },
      ['s1', 's2', 's3', 's4'].map((value) => ({ externalId: crm(value) })),
    );
    expect(found.map((id) => id !== null)).toEqual([true, false, false, false]);
  });

  it('by many at once makes each user once', async () => {
    const rows = Array.from({ length: 20 }, (_, i) => ({
      ...(i % 2 ? { externalId: crm(`many${i}`) } : {}),
      name: `Many ${i}`,
      email: `many${i}@example.com`,
    }));
    const outcomes = await Promise.all(Array.from({ length: 6 }, () => domain.run(usersUpsert, { rows })));
    const all = outcomes.flatMap((outcome) => statuses(outcome)!);
    expect([all.filter((status) => status === 'CREATED').length, all.filter((status) => status === 'UNCHANGED').length]).toEqual([20, 100]);
  });

  it('writes 500 rows in a handful of statements', async () => {
    const rows = (suffix: string) =>
      Array.from({ length: 500 }, (_, i) => ({
        externalId: crm(`bulk${i}`),
        name: `User ${i}${suffix}`,
        email: `bulk${i}@example.com`,
        role: 'sales',
        teams: [{ externalId: crm('t1') }],
      }));
    const { db, count } = countStatements(domain.db);
    const run = (suffix: string) => runCommand({ db, viewer: domain.viewer, requestId: 'test' }, usersUpsert, { rows: rows(suffix) });
    for (const [suffix, status] of [
      ['', 'CREATED'],
      ['', 'UNCHANGED'],
      ['!', 'UPDATED'],
    ] as const) {
      const before = count();
      expect(new Set(statuses(await run(suffix)))).toEqual(new Set([status]));
      expect(count() - before).toBeLessThan(20);
    }
  });
});
