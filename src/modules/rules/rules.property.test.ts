// Random rules over a random world: what the SQL says is what the naive evaluator says, now and at other moments.
import fc from 'fast-check';
import sql, { join, type Sql } from 'sql-template-tag';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDomain, type TestDomain } from '../../../tests/support/domain.ts';
import type { JsonObject } from '../../db/models.ts';
import { compileRule, explainRule } from './index.ts';
import { ruleArbitrary } from './testing/arbitrary.ts';
import { fillWorld, NOW, type Words } from './testing/fill.ts';
import { holdsNaively } from './testing/naive.ts';
import { loadWorld, type World } from './testing/world.ts';

let domain: TestDomain;
let world: World;
let words: Words;
let ids: string[];

// Enough that the faults which were put into the SQL on purpose were found.
const RUNS = 150;

beforeAll(async () => {
  domain = await createTestDomain({ connections: 2 });
  words = await fillWorld(domain.db, domain.workspaceId, 7);
  world = await loadWorld(domain.db, domain.workspaceId);
  ids = [...world.customers.keys()];
});
afterAll(() => domain?.stop());

type Outcome = { holds: boolean; due: Date | null; since: Date | null };

/** Several rules side by side in one statement: customer -> outcome of each rule. */
async function evaluate(rules: JsonObject[], now: Date, among: string[] | null = null): Promise<Map<string, Outcome[]>> {
  const compiled = rules.map((rule, index) =>
    compileRule(rule, {
      customer: 'c',
      workspaceId: domain.workspaceId,
      now,
      among: among && ((id: Sql) => sql`${id} = any(${among}::uuid[])`),
      prefix: `q${index}_`,
    }),
  );
  const outcomes = compiled.map(
    ({ holds, due, since }) =>
      sql`jsonb_build_object('holds', ${holds}, 'due', ${due ?? sql`null`}, 'since', case when ${holds} then ${since} end)`,
  );
  const only = among ? sql` and c.id = any(${among}::uuid[])` : sql``;
  const rows = await domain.db.query<{ id: string; outcomes: { holds: boolean; due: string | null; since: string | null }[] }>(sql`
    select c.id, array[${join(outcomes, ', ')}] as outcomes from customers c ${join([sql``, ...compiled.flatMap(({ joins }) => joins)], ' ')}
    where c.workspace_id = ${domain.workspaceId}::uuid${only}`);
  const moment = (text: string | null): Date | null => (text === null ? null : new Date(text));
  return new Map(rows.map(({ id, outcomes: all }) => [id, all.map((one) => ({ ...one, due: moment(one.due), since: moment(one.since) }))]));
}

const naively = (rule: JsonObject, id: string, at: Date): boolean => holdsNaively(world, rule, id, at);

function compare(rules: JsonObject[], found: Map<string, Outcome[]>, at: Date, among: string[]): void {
  expect([...found.keys()].sort()).toEqual([...among].sort());
  for (const [index, rule] of rules.entries()) {
    const sqlSays = among.filter((id) => found.get(id)![index]!.holds);
    expect(sqlSays, JSON.stringify(rule)).toEqual(among.filter((id) => naively(rule, id, at)));
  }
}

const DAY = 86_400_000;
const LATER = [1, DAY, 16 * DAY, 40 * DAY, 100 * DAY, 400 * DAY, 8000 * DAY];

test('rules hold as the naive evaluator says, and nothing changes before it is due', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(ruleArbitrary(words), { minLength: 6, maxLength: 6 }), async (rules) => {
      const found = await evaluate(rules, NOW);
      compare(rules, found, NOW, ids);
      for (const [index, rule] of rules.entries()) {
        for (const id of ids) {
          const { holds, due } = found.get(id)![index]!;
          if (due) expect(due.getTime()).toBeGreaterThan(NOW.getTime());
          const end = due ? due.getTime() - 1 : Number.POSITIVE_INFINITY;
          const before = [...LATER.map((ms) => NOW.getTime() + ms).filter((at) => at < end), ...(due ? [end] : [])];
          for (const at of before)
            expect(naively(rule, id, new Date(at)), `${JSON.stringify(rule)} ${id} at ${new Date(at).toISOString()}`).toBe(holds);
        }
      }
    }),
    { numRuns: RUNS },
  );
});

test('a rule judged at the moment at which it is due, and for some customers only, is judged the same', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(ruleArbitrary(words), { minLength: 4, maxLength: 4 }),
      fc.subarray(ids, { minLength: 1 }),
      async (rules, among) => {
        const found = await evaluate(rules, NOW, among);
        compare(rules, found, NOW, among);
        const dues = [...found.values()].flatMap((all) => all.flatMap(({ due }) => due ?? []));
        if (dues.length === 0) return;
        const at = dues[rules.length % dues.length]!;
        compare(rules, await evaluate(rules, at), at, ids);
      },
    ),
    { numRuns: RUNS },
  );
});

test('an explanation agrees with the rule, and its parts add up', async () => {
  await fc.assert(
    fc.asyncProperty(ruleArbitrary(words, 4), fc.constantFrom(...ids), async (rule, id) => {
      const { holds, nodes } = (await explainRule(domain.db, domain.workspaceId, rule, id, NOW))!;
      expect(holds).toBe(naively(rule, id, NOW));
      for (const node of nodes) {
        const inside = nodes.filter(
          ({ path, depth }) => depth === node.depth + 1 && (node.path === '' || path.startsWith(`${node.path}.`)),
        );
        if (node.kind === 'all') expect(node.holds).toBe(inside.every((child) => child.holds));
        if (node.kind === 'any') expect(node.holds).toBe(inside.some((child) => child.holds));
        if (node.kind === 'not') expect(node.holds).toBe(!inside[0]!.holds);
        expect(node.text).not.toMatch(/undefined|\[object|[0-9a-f]{8}-[0-9a-f]{4}-7/);
      }
    }),
    { numRuns: RUNS },
  );
});
