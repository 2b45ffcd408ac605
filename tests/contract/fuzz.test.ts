// Every read answered like a deliberately naive implementation answers it. TRATO_SEED repeats a run, TRATO_FUZZ_DOCUMENTS
// makes it longer or shorter; `npm run fuzz -- --minutes 10` goes on for as long as it is told.
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { type Engine, enginesOf } from '../fuzz/engines.ts';
import { createRun, makeSteps, type Run } from '../fuzz/run.ts';
import { makeWorld, type World } from '../fuzz/world.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const seed = inject('seed');
const documents = Number(process.env.TRATO_FUZZ_DOCUMENTS ?? 2_000);

let database: TestDatabase;
let world: World;
let run: Run;
beforeAll(async () => {
  database = await createTestDatabase();
  world = await makeWorld(database.url, seed);
  run = await createRun(world, seed);
});
afterAll(async () => {
  await world?.close();
  await database?.drop();
});

it(`answers ${documents} generated documents as the oracle does (TRATO_SEED=${seed})`, { timeout: 900_000 }, async () => {
  const reports: string[] = [];
  await makeSteps(
    run,
    () => run.figures.documents < documents && reports.length === 0,
    (report) => reports.push(report),
  );
  expect(reports[0] ?? 'no difference').toBe('no difference');
  const { answers, refused, objects, pages, by } = run.figures;
  console.info(
    `seed ${seed}: ${documents} documents, ${answers} answers with ${objects} objects, ${refused} with refusals, ${pages} pages of walks; ${run.coverage.summary()}; ${JSON.stringify(by)}`,
  );
  // Documents that ask for nothing, or for nothing that is allowed, prove little.
  expect(refused / answers).toBeLessThan(0.6);
  expect(objects / answers).toBeGreaterThan(10);
});

it('asked for every field that a query can reach, and for nearly all arguments and operators', () => {
  const { fields, inputs } = run.coverage.missing();
  expect(fields).toEqual([]);
  // The seldom ones, such as `notIn` of a moment, take chance some thousand documents more.
  // Of some 1,400 there are 30 to 60 left, by chance.
  expect(inputs.length, inputs.join(', ')).toBeLessThan(120);
});

it('would tell of an engine that forgets a row, and shows the smallest document that does', async () => {
  const [exec] = enginesOf(world).slice(-1);
  const forgetful: Engine = {
    name: 'forgetful',
    async answer(viewer, asked) {
      const found = await exec!.answer(viewer, asked);
      return (
        found && {
          ...found,
          data: JSON.parse(JSON.stringify(found.data), (key, value) => (key === 'nodes' && Array.isArray(value) ? value.slice(1) : value)),
        }
      );
    },
  };
  const reports: string[] = [];
  const sabotaged = await createRun(world, seed, [forgetful]);
  await makeSteps(
    sabotaged,
    () => reports.length === 0 && sabotaged.figures.documents < 200,
    (report) => reports.push(report),
  );
  expect(reports[0]).toContain('forgetful differs from the oracle');
  expect(reports[0]).toContain(`TRATO_SEED=${seed}`);
  expect(reports[0]!.split('\n').slice(5).join(' ').length).toBeLessThan(600);
});
