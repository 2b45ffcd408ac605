// Strategies of plugins: they score leads, say whose identities are, and name owners; one that fails harms nothing.
import sql from 'sql-template-tag';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { logStrategiesTo } from '../../src/commands/strategies.ts';
import { encodeTypeId, newId } from '../../src/lib/typeid.ts';
import { userArchive, userCreate } from '../../src/modules/access/index.ts';
import { customerArchive } from '../../src/modules/customers/customers.commands.ts';
import { customerCreate, customersUpsert, customerUpdate } from '../../src/modules/customers/index.ts';
import { opportunityRuleCommands } from '../../src/modules/factory/rules.commands.ts';
import { interactionRecord, interactionsRecord } from '../../src/modules/interactions/index.ts';
import { leadCapture, leadCriterionCommands } from '../../src/modules/leads/index.ts';
import { drainRules } from '../../src/modules/rules/keep/index.ts';
import { customerAssign } from '../../src/modules/territories/customer-assign.command.ts';
import { territoryCommands } from '../../src/modules/territories/index.ts';
import { definePlugin } from '../../src/plugin/definition.ts';
import type { StrategyHost } from '../../src/plugin/host-strategies.ts';
import { loadPlugin } from '../../src/plugin/load.ts';
import { createTestDomain, type TestDomain } from '../support/domain.ts';

type Score = Parameters<StrategyHost['leadScore']>[1];
type Match = Parameters<StrategyHost['identityMatch']>[1];
type Assign = Parameters<StrategyHost['ownerAssignment']>[1];

let domain: TestDomain;
let score: Score;
let match: Match;
let assign: Assign;
const warnings: string[] = [];
const log = { info() {}, warn: (fields: object) => void warnings.push(JSON.stringify(fields)), error() {} };

// What a strategy does wrong in one of the ways there are; each must leave the command as it was.
const wrong = {
  throws: async () => {
    throw new Error('not today');
  },
  'answers nonsense': async () => 'nonsense' as never,
};
const hangs = () => new Promise<never>(() => undefined);

beforeAll(async () => {
  domain = await createTestDomain();
  loadPlugin(
    definePlugin({
      ...{ id: 'wise', version: '1.0.0', api: '^1.0.0', description: 'Knows.', config: z.object({}), scopes: {} },
      capabilities: ['strategies'],
      setup({ strategies }) {
        strategies.leadScore('share', (ctx, ids) => score(ctx, ids));
        strategies.identityMatch('match', (ctx, unknown) => match(ctx, unknown));
        strategies.ownerAssignment('owner', (ctx, what) => assign(ctx, what));
      },
    }),
    { log },
  );
  logStrategiesTo(log);
  await domain.db.execute(
    sql`insert into lead_sources (workspace_id, id, key, name) values (${domain.workspaceId}::uuid, ${newId()}::uuid, 'web_form', 'Form') on conflict do nothing`,
  );
});
beforeEach(() => {
  warnings.length = 0;
  score = async () => new Map();
  match = async () => null;
  assign = async () => null;
});
afterEach(() => logStrategiesTo(log));
afterAll(() => domain?.stop());

const customerId = (id: string) => encodeTypeId('customer', id);
const typesOf = async (id: string) =>
  (
    await domain.db.query<{ type: string }>(sql`select type from event_inbox where subject_id = ${id}::uuid
    union all select type from events where subject_id = ${id}::uuid order by 1`)
  ).map(({ type }) => type);
const email = (value: string) => ({ kind: 'EMAIL' as const, value });
const rule = { field: { country: { in: ['DE'] } } };

describe('scores of leads', () => {
  const scoreOf = async (id: string) =>
    (await domain.db.query<{ score: number }>(sql`select score from leads where id = ${id}::uuid`))[0]!.score;
  const someone = async (country: string) => (await domain.done(customerCreate, { displayName: 'C', country })).id;
  const capture = async (id: string) => (await domain.done(leadCapture, { customer: { id: customerId(id) }, source: 'web_form' })).id;

  it('are the share of the points that the strategy gives those for whom the rule holds', async () => {
    const [half, all, none, foreign] = [await someone('DE'), await someone('DE'), await someone('DE'), await someone('FR')];
    const leads = await Promise.all([half, all, none, foreign].map(capture));
    const asked: string[] = [];
    score = async (_ctx, ids) => {
      asked.push(...ids);
      return new Map([
        [half, 0.449],
        [all, 7],
        [foreign, 1],
      ]);
    };
    const { id } = await domain.done(leadCriterionCommands.create, { key: 'likely', name: 'L', points: 10, rule, strategy: 'wise.share' });
    await drainRules(domain.db);
    expect(await Promise.all(leads.map(scoreOf))).toEqual([4, 10, 0, 0]);
    expect(new Set(asked)).toEqual(new Set([half, all, none]));
    // An event has one customer judged anew, and a capture too.
    score = async (_ctx, ids) => new Map(ids.map((one) => [one, one === foreign ? 0.5 : 1]));
    await domain.done(customerUpdate, { id: customerId(foreign), country: 'DE' });
    await drainRules(domain.db);
    expect(await Promise.all(leads.map(scoreOf))).toEqual([4, 10, 0, 5]);
    expect(await scoreOf(await capture(await someone('DE')))).toBe(10);
    const points = await domain.db.query(sql`select points from lead_points order by 1`);
    expect(points).toEqual([{ points: 4 }, { points: 5 }, { points: 10 }, { points: 10 }]);
    await domain.done(leadCriterionCommands.update, { id: encodeTypeId('leadcriterion', id), strategy: null });
    await drainRules(domain.db);
    expect(await Promise.all(leads.map(scoreOf))).toEqual([10, 10, 10, 10]);
    await domain.done(leadCriterionCommands.archive, { id: encodeTypeId('leadcriterion', id) });
  });

  it.each(Object.entries(wrong))('stay as they are while the strategy %s, and leads are captured without it', async (_how, fails) => {
    const known = await someone('DE');
    const lead = await capture(known);
    score = async (_ctx, ids) => new Map(ids.map((one) => [one, 0.5]));
    const key = `likely_${newId()}`;
    const { id } = await domain.done(leadCriterionCommands.create, { key, name: 'L', points: 10, rule, strategy: 'wise.share' });
    await drainRules(domain.db);
    expect(await scoreOf(lead)).toBe(5);
    score = fails as Score;
    const late = await capture(await someone('DE'));
    expect(await scoreOf(late)).toBe(0);
    await domain.done(customerUpdate, { id: customerId(known), region: 'Bavaria', country: 'DE' });
    await drainRules(domain.db);
    expect(await scoreOf(lead)).toBe(5);
    expect(warnings.length).toBeGreaterThan(0);
    expect(warnings.join()).not.toContain('@');
    // Once it works again, what was left open is made up for.
    score = async (_ctx, ids) => new Map(ids.map((one) => [one, 1]));
    await domain.db.execute(sql`update rule_units set updated_at = now() - interval '5 minutes' where id = ${id}::uuid`);
    await drainRules(domain.db);
    expect([await scoreOf(lead), await scoreOf(late)]).toEqual([10, 10]);
    await domain.done(leadCriterionCommands.archive, { id: encodeTypeId('leadcriterion', id) });
  });

  it('refuse a strategy that is not there', async () => {
    const { userErrors } = await domain.run(leadCriterionCommands.create, { key: 'k', name: 'K', points: 1, rule, strategy: 'wise.owner' });
    expect(userErrors).toMatchObject([{ code: 'STRATEGY_UNKNOWN', path: ['strategy'] }]);
  });

  it('go on where the plugin is gone, and say so', async () => {
    await domain.done(leadCriterionCommands.create, { key: 'gone', name: 'G', points: 3, rule });
    await domain.db.execute(sql`update lead_criteria set strategy = 'gone.share' where key = 'gone'`);
    expect(await scoreOf(await capture(await someone('DE')))).toBe(0);
    expect(warnings).toContain(JSON.stringify({ strategy: 'gone.share', kind: 'LEAD_SCORE' }));
    await domain.db.execute(sql`update lead_criteria set archived_at = now() where key = 'gone'`);
  });
});

describe('matching identities', () => {
  const ada = async () => (await domain.done(customerCreate, { displayName: 'Ada', identities: [email(`${newId()}@example.com`)] })).id;
  const holder = async (value: string) =>
    (await domain.db.query<{ id: string }>(sql`select customer_id as id from identities where value = ${value}`))[0]?.id;
  const record = (value: string) => ({ customer: { identity: email(value) }, kind: 'enquiry', channel: 'email', direction: 'INBOUND' });

  it('adds them to the customer that the strategy knows, wherever a customer would be made', async () => {
    const known = await ada();
    const asked: unknown[] = [];
    match = async (_ctx, { identities }) => {
      asked.push(...identities);
      return known;
    };
    await domain.done(interactionRecord, record('ada+1@example.com'));
    expect(await holder('ada+1@example.com')).toBe(known);
    expect(asked).toEqual([{ kind: 'EMAIL', system: '', value: 'ada+1@example.com' }]);
    const rows = ['ada+2@example.com', 'ada+3@example.com'].map((value, i) => ({ identities: [email(value)], city: `City ${i}` }));
    const { results } = await domain.done(customersUpsert, { rows, onError: 'ABORT', dryRun: false });
    expect(results.map(({ status, id }) => [status, id])).toEqual([
      ['UPDATED', known],
      ['UPDATED', known],
    ]);
    await domain.done(leadCapture, { customer: { identities: [email('ada+4@example.com')], displayName: 'Other' }, source: 'web_form' });
    const [row] = await domain.db.query(sql`select display_name as name, city from customers where id = ${known}::uuid`);
    expect(row).toEqual({ name: 'Ada', city: 'City 1' });
    expect(await holder('ada+4@example.com')).toBe(known);
    expect((await typesOf(known)).filter((type) => type === 'identity.added')).toHaveLength(4);
    const before = asked.length;
    await domain.done(interactionsRecord, {
      rows: [record('ada+1@example.com'), record('ada+4@example.com')],
      onError: 'ABORT',
      dryRun: false,
    });
    expect(asked).toHaveLength(before);
  });

  it('knows nobody who is archived, elsewhere, or made up', async () => {
    const archived = await ada();
    await domain.done(customerArchive, { id: customerId(archived) });
    const answers = [archived, newId()];
    for (const [i, answer] of answers.entries()) {
      match = async () => answer;
      const value = `nobody${i}-${newId()}@example.com`;
      await domain.done(interactionRecord, record(value));
      expect(answers).not.toContain(await holder(value));
      expect(await holder(value)).toBeDefined();
    }
  });

  it.each(Object.entries({ ...wrong, hangs }))(
    'makes the customer where the strategy %s, and asks it no more in the command',
    async (_how, fails) => {
      let asked = 0;
      match = () => {
        asked++;
        return fails();
      };
      const values = ['a', 'b', 'c'].map((name) => `${name}-${newId()}@example.com`);
      await domain.done(interactionsRecord, { rows: values.map(record), onError: 'ABORT', dryRun: false });
      for (const value of values) expect(await holder(value)).toBeDefined();
      expect([asked, warnings.length]).toEqual([1, 1]);
      expect(warnings[0]).not.toContain('@');
    },
  );

  it('asks nothing of the database where no strategy knows', async () => {
    const lost: Promise<unknown>[] = [];
    match = async (ctx) => {
      // Reaching back after the answer: the transaction is not its own any more.
      lost.push(new Promise((resolve) => setTimeout(resolve, 20)).then(() => ctx.query('{ viewer { workspace { id } } }')));
      lost[0]!.catch(() => undefined);
      return null;
    };
    await domain.done(interactionRecord, record(`late-${newId()}@example.com`));
    await expect(lost[0]).rejects.toThrow();
  });
});

describe('owners', () => {
  const country = { field: { country: { in: ['IT'] } } };
  const give = async () => {
    const { id } = await domain.done(customerCreate, { displayName: 'I', country: 'IT' });
    await domain.done(customerAssign, { customer: { id: customerId(id) } });
    return {
      id,
      owner: (await domain.db.query<{ owner: string | null }>(sql`select owner_id as owner from customers where id = ${id}::uuid`))[0]!
        .owner,
    };
  };
  let user: string;
  beforeAll(async () => {
    user = (await domain.done(userCreate, { name: 'Ana', email: 'ana@example.com' })).id;
    const fields = { key: 'italy', name: 'Italy', rule: country, strategy: 'PLUGIN', strategyName: 'wise.owner' };
    await domain.done(territoryCommands.create, fields);
  });

  it('are whom the strategy names, if they are users who are not archived', async () => {
    const asked: (string | null)[] = [];
    assign = async (_ctx, { customerId: id }) => {
      asked.push(id);
      return user;
    };
    const given = await give();
    expect([given.owner, asked]).toEqual([user, [given.id]]);
    const gone = (await domain.done(userCreate, { name: 'Bo', email: 'bo@example.com' })).id;
    await domain.done(userArchive, { id: encodeTypeId('user', gone) });
    for (const nobody of [gone, newId(), null]) {
      assign = async () => nobody;
      expect((await give()).owner).toBeNull();
    }
  });

  it.each(Object.entries(wrong))('are nobody where the strategy %s', async (_how, fails) => {
    assign = fails;
    expect((await give()).owner).toBeNull();
    expect(warnings).toHaveLength(1);
  });

  it('need a strategy that is there', async () => {
    const codes = async (fields: object) =>
      (await domain.run(territoryCommands.create, { key: 'x', name: 'X', rule: country, strategy: 'PLUGIN', ...fields })).userErrors.map(
        ({ code, path }) => `${code} ${path.join('.')}`,
      );
    expect(await codes({})).toEqual(['STRATEGY_REQUIRED strategyName']);
    expect(await codes({ strategyName: 'wise.share' })).toEqual(['STRATEGY_UNKNOWN strategyName']);
    const signal = { stageChanged: { stage: 'loyal' } };
    const made = { key: 'f', name: 'F', signal, nameTemplate: 'Offer', strategy: 'PLUGIN' };
    expect((await domain.run(opportunityRuleCommands.create, made)).userErrors).toMatchObject([{ code: 'STRATEGY_REQUIRED' }]);
    await domain.done(opportunityRuleCommands.create, { ...made, strategyName: 'wise.owner' });
  });
});
