import sql from 'sql-template-tag';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDomain, type TestDomain } from '../../../tests/support/domain.ts';
import { viewerWith } from '../../../tests/support/viewers.ts';
import type { BulkOutcome } from '../../commands/bulk.ts';
import type { CommandOutcome } from '../../commands/command.ts';
import { encodeId } from '../../graphql/ids.ts';
import {
  resolveTeamRefs,
  teamArchive,
  teamCreate,
  teamMemberAdd,
  teamMemberRemove,
  teamsUpsert,
  teamUpdate,
  userCreate,
  usersUpsert,
} from './index.ts';

let domain: TestDomain;
beforeAll(async () => {
  domain = await createTestDomain();
});
afterAll(() => domain.stop());

const hr = (value: string) => ({ system: 'hr', value });
const ref = (value: string) => ({ externalId: hr(value) });
const codesOf = (outcome: CommandOutcome<unknown>) => outcome.userErrors.map((error) => `${error.code} ${error.path.join('.')}`);
const statuses = (outcome: CommandOutcome<BulkOutcome>) =>
  outcome.result?.results.map((row) => [row.status, ...row.userErrors.map((error) => `${error.code} ${error.path.join('.')}`)].join(' '));
const parents = async () =>
  Object.fromEntries(
    (
      await domain.db.query<{ id: string; parent: string | null }>(
        sql`select t.external_id as id, p.external_id as parent from teams t left join teams p on p.id = t.parent_id where t.external_id is not null`,
      )
    ).map((row) => [row.id, row.parent]),
  );

describe('the tree of teams', () => {
  it('refuses circles of any length', async () => {
    const [a, b, c] = await Promise.all(['a', 'b', 'c'].map((name) => domain.done(teamCreate, { name })));
    const under = (team: { id: string }, parent: { id: string } | null) =>
      domain.run(teamUpdate, { id: encodeId('Team', team.id), parent: parent && { id: encodeId('Team', parent.id) } });
    expect(codesOf(await under(a!, a!))).toEqual(['TEAM_CYCLE parent']);
    expect(codesOf(await under(b!, a!))).toEqual([]);
    expect(codesOf(await under(c!, b!))).toEqual([]);
    expect(codesOf(await under(a!, c!))).toEqual(['TEAM_CYCLE parent']);
    expect(codesOf(await under(b!, null))).toEqual([]);
    expect(codesOf(await under(a!, c!))).toEqual([]);
  });

  it('stays a tree when two callers close a circle from both ends', async () => {
    for (let round = 0; round < 5; round++) {
      const [a, b] = await Promise.all(['x', 'y'].map((name) => domain.done(teamCreate, { name })));
      const under = (team: { id: string }, parent: { id: string }) =>
        domain.run(teamUpdate, { id: encodeId('Team', team.id), parent: { id: encodeId('Team', parent.id) } });
      const outcomes = await Promise.all([under(a!, b!), under(b!, a!)]);
      expect(outcomes.flatMap(codesOf)).toEqual(['TEAM_CYCLE parent']);
    }
  });
});

describe('teamsUpsert', () => {
  it('takes parents from the same call, wherever they stand in it', async () => {
    const lead = { email: 'lead@example.com' };
    await domain.done(userCreate, { name: 'Lead', ...lead });
    const rows = [
      { externalId: hr('east-1'), name: 'East 1', parent: ref('east'), lead },
      { externalId: hr('east'), name: 'East', parent: ref('all') },
      { externalId: hr('all'), name: 'All' },
      { externalId: hr('east-2'), name: 'East 2', parent: ref('east') },
    ];
    expect(statuses(await domain.run(teamsUpsert, { rows }))).toEqual(['CREATED', 'CREATED', 'CREATED', 'CREATED']);
    expect(statuses(await domain.run(teamsUpsert, { rows }))).toEqual(['UNCHANGED', 'UNCHANGED', 'UNCHANGED', 'UNCHANGED']);
    expect(await parents()).toMatchObject({ 'east-1': 'east', 'east-2': 'east', east: 'all', all: null });
    expect(statuses(await domain.run(teamsUpsert, { rows: [{ externalId: hr('east-1'), name: 'East 1', lead: null }] }))).toEqual([
      'UPDATED',
    ]);
    expect(await parents()).toMatchObject({ 'east-1': 'east' });
  });

  it('refuses rows with unknown leads and parents, circles, and what hangs below a refused row', async () => {
    const rows = [
      { externalId: hr('p'), name: 'P', lead: { email: 'nobody@example.com' } },
      { externalId: hr('q'), name: 'Q', parent: ref('p') },
      { externalId: hr('r'), name: 'R', parent: ref('q') },
      { externalId: hr('s'), name: 'S', parent: ref('nowhere') },
      { externalId: hr('all'), name: 'All', parent: ref('east-1') },
      { externalId: hr('u'), name: 'U', parent: ref('v') },
      { externalId: hr('v'), name: 'V', parent: ref('u') },
      { externalId: hr('w'), name: 'W' },
    ];
    expect(statuses(await domain.run(teamsUpsert, { rows, onError: 'SKIP' }))).toEqual([
      'REJECTED NOT_FOUND rows.0.lead',
      'REJECTED NOT_FOUND rows.1.parent',
      'REJECTED NOT_FOUND rows.2.parent',
      'REJECTED NOT_FOUND rows.3.parent',
      'REJECTED TEAM_CYCLE rows.4.parent',
      'REJECTED NOT_FOUND rows.5.parent',
      'REJECTED TEAM_CYCLE rows.6.parent',
      'CREATED',
    ]);
    expect(Object.keys(await parents()).filter((name) => 'pqrsuvw'.includes(name))).toEqual(['w']);
  });

  it('by many at once makes each team once', async () => {
    const rows = Array.from({ length: 20 }, (_, i) => ({ externalId: hr(`many${i}`), name: `Many ${i}`, parent: ref('all') }));
    const outcomes = await Promise.all(Array.from({ length: 6 }, () => domain.run(teamsUpsert, { rows })));
    const all = outcomes.flatMap((outcome) => statuses(outcome)!);
    expect([all.filter((status) => status === 'CREATED').length, all.filter((status) => status === 'UNCHANGED').length]).toEqual([20, 100]);
  });
});

describe('members', () => {
  it('join and leave once, each with an event of the team that names them by their API id', async () => {
    const { id: teamId } = await domain.done(teamCreate, { name: 'Club', externalId: hr('club') });
    const { id: userId } = await domain.done(userCreate, { name: 'Member', email: 'member@example.com' });
    const names = { team: ref('club'), user: { email: 'Member@example.com' } };
    for (const command of [teamMemberAdd, teamMemberAdd, teamMemberRemove, teamMemberRemove])
      expect(await domain.done(command, names)).toEqual({ id: teamId });
    const events = await domain.db.query<{ type: string; data: unknown }>(
      sql`select type, data from event_inbox where subject_id = ${teamId}::uuid order by position offset 1`,
    );
    expect(events).toEqual([
      { type: 'team.member_added', data: { after: { userId: encodeId('User', userId) } } },
      { type: 'team.member_removed', data: { before: { userId: encodeId('User', userId) } } },
    ]);
    expect(codesOf(await domain.run(teamMemberAdd, { ...names, user: { email: 'x@example.com' } }))).toEqual(['NOT_FOUND user']);
    expect(codesOf(await domain.run(teamMemberAdd, { ...names, team: ref('x') }))).toEqual(['NOT_FOUND team']);
  });

  it('of teams beyond the row scope cannot be added, neither by the team nor by the user', async () => {
    const { id: teamId } = await domain.done(teamCreate, { name: 'Closed', externalId: hr('closed') });
    const { id: userId } = await domain.done(userCreate, { name: 'Climber', email: 'climber@example.com' });
    const climber = viewerWith(
      domain.viewer,
      { permissions: ['users:*', 'teams:*'], rowScope: { teams: 'TEAM' } },
      { userId, teamIds: [] },
    );
    const me = { email: 'climber@example.com' };
    expect(codesOf(await domain.run(teamMemberAdd, { team: ref('closed'), user: me }, climber))).toEqual(['NOT_FOUND team']);
    expect(statuses(await domain.run(usersUpsert, { rows: [{ ...me, name: 'Climber', teams: [ref('closed')] }] }, climber))).toEqual([
      'REJECTED NOT_FOUND rows.0.teams.0',
    ]);
    expect(codesOf(await domain.run(teamUpdate, { id: encodeId('Team', teamId), lead: me }, climber))).toEqual(['NOT_FOUND id']);
    expect(codesOf(await domain.run(teamArchive, { id: encodeId('Team', teamId) }, climber))).toEqual(['NOT_FOUND id']);
    expect((await domain.run(teamMemberAdd, { team: ref('closed'), user: me }, { ...climber, teamIds: [teamId] })).result).not.toBeNull();
  });
});

describe('references to teams', () => {
  it('never reach into another workspace', async () => {
    const other = { tx: domain.db, workspaceId: '01890000-0000-7000-8000-000000000000' };
    const { id } = await domain.done(teamCreate, { name: 'Ours', externalId: hr('ours') });
    expect(await resolveTeamRefs(other, [{ id }, ref('ours')])).toEqual([null, null]);
  });
});
