// A run: documents made one after the other, each answered by the oracle and by every engine, twice: for another viewer, too,
// and with other values, so that what an engine keeps of a document must not keep what it was first asked with.
import { type GraphQLSchema, parse, validate } from 'graphql';
import type { Viewer } from '../../src/auth/viewer.ts';
import { buildSchema } from '../../src/graphql/schema.ts';
import { type OracleAnswer, oracleAnswer, oracleSchema } from '../support/oracle/index.ts';
import { differenceOf } from './compare.ts';
import { type Asked, type Engine, enginesOf } from './engines.ts';
import { type Coverage, createCoverage } from './generate/coverage.ts';
import { generateDocument } from './generate/document.ts';
import { createPools } from './generate/pools.ts';
import { createRandom } from './random.ts';
import { type Failure, reportOf } from './report.ts';
import { type Case, shrink } from './shrink.ts';
import { startWalk } from './walk.ts';
import type { World } from './world.ts';

export type Run = {
  /**
   * Makes a document and the oracle's answers at once, then compares them with the engines'; gives a report of the first
   * difference, or null. Several may be under way: what is made depends on the seed alone.
   */
  step(): Promise<string | null>;
  figures: {
    documents: number;
    answers: number;
    refused: number;
    objects: number;
    /** Of lists that were walked to their end. */
    pages: number;
    /** How many answers each executor gave. */
    by: Record<string, number>;
  };
  coverage: Coverage;
};

type Expected = Case & { answer: OracleAnswer };

/** Every so many documents a list is walked to its end. */
const WALK_EVERY = 20;

/** The same seed on the same world makes the same documents. The last engine answers everything. */
export async function createRun(world: World, seed: number, engines: Engine[] = enginesOf(world)): Promise<Run> {
  const random = createRandom(seed);
  const schemas = oracleSchema(buildSchema());
  const coverage = createCoverage(schemas.published);
  const pools = createPools(world.tables, world.workspaceId, random);
  const parts = { random, schema: schemas.published, pools, coverage };
  const limits = await limitsOf(schemas.published, engines.at(-1)!, world.viewers[0]!);
  const figures: Run['figures'] = { documents: 0, answers: 0, refused: 0, objects: 0, pages: 0, by: {} };
  const watch = {
    field: (type: string, field: string, args: Record<string, unknown>) => coverage.note(type, field, args),
    list(coordinate: string, args: Record<string, unknown>, cursors: string[]) {
      const { first: _first, last: _last, after: _after, before: _before, ...kept } = JSON.parse(JSON.stringify(args));
      pools.remember(coordinate, { args: kept, cursors: [cursors[0]!, cursors.at(-1)!, random.pick(cursors)] });
    },
  };

  function oracle(viewer: Viewer, { query, variables, operationName }: Asked, watched: boolean): OracleAnswer {
    const { tables } = world;
    const told = { tables, viewer, now: new Date(), limits, ...(watched ? { watch } : {}) };
    return oracleAnswer(told, schemas, { document: parse(query), variables, operationName });
  }

  function expect(one: Case): Expected {
    const answer = oracle(one.viewer, one.asked, true);
    figures.answers++;
    figures.refused += Number(answer.errors.length > 0);
    figures.objects += (JSON.stringify(answer.data) ?? '').split('{').length;
    return { ...one, answer };
  }

  /** The first of the cases that the engine answers otherwise, asked in their order. */
  async function hold(engine: Engine, cases: Expected[]): Promise<Failure | null> {
    for (const { viewer, asked, answer } of cases) {
      const found = await engine.answer(viewer, asked);
      if (!found) continue;
      figures.by[engine.name] = (figures.by[engine.name] ?? 0) + 1;
      const difference = differenceOf(answer, found);
      if (difference) return { viewer, asked, engine: engine.name, difference };
    }
    return null;
  }

  /** A smaller case that fails like the whole. */
  async function sameFailure({ viewer, asked }: Case, whole: Failure): Promise<Failure | null> {
    const kindOf = ({ difference }: Failure) => difference.replace(/[:.].*/s, '');
    const engine = engines.find(({ name }) => name === whole.engine)!;
    const found = await hold(engine, [{ viewer, asked, answer: oracle(viewer, asked, false) }]);
    return found && kindOf(found) === kindOf(whole) ? found : null;
  }

  function documentCases(number: number): Case[] {
    const { query, operationName, variables } = generateDocument(parts);
    const [invalid] = validate(schemas.published, parse(query));
    if (invalid) throw new Error(`the generator made a document that does not fit: ${invalid.message}\n${query}`);
    // Every other document is asked by whoever sees most.
    const first = { viewer: number % 2 === 0 ? world.viewers[0]! : seeing(), asked: { query, operationName, variables: variables[0] } };
    const second = { viewer: seeing(), asked: { query, operationName, variables: variables[1] } };
    // Now and then the first is asked again: the second must have left nothing behind.
    return random.chance(0.1) ? [first, second, first] : [first, second];
  }

  /** Somebody; those who see nearly nothing seldom. */
  function seeing(): World['viewers'][number] {
    const viewer = random.pick(world.viewers);
    const { permissions } = viewer.role;
    return permissions.size > 1 || permissions.has('*') || random.chance(0.3) ? viewer : random.pick(world.viewers);
  }

  function walkPages(): Expected[] {
    const walking = startWalk(parts, seeing());
    const pages = [expect(walking.first)];
    for (let page = walking.next(pages[0]!.answer.data); page; page = walking.next(pages.at(-1)!.answer.data)) pages.push(expect(page));
    figures.pages += pages.length;
    return pages;
  }

  async function step(): Promise<string | null> {
    const number = ++figures.documents;
    const cases = documentCases(number).map(expect);
    const pages = number % WALK_EVERY === 0 ? walkPages() : [];
    const failures = await Promise.all(engines.map(async (engine) => (await hold(engine, cases)) ?? hold(engine, pages)));
    const failure = failures.find((one) => one !== null);
    if (!failure) return null;
    return reportOf(seed, number, failure, await shrink(schemas.published, failure, (smaller) => sameFailure(smaller, failure)));
  }

  return { step, figures, coverage };
}

/** Makes steps while it is to go on, some at a time; tells each report, in the order of the documents. */
export async function makeSteps(run: Run, goesOn: () => boolean, tell: (report: string) => void): Promise<void> {
  const underWay: Promise<string | null>[] = [];
  while (goesOn() || underWay.length > 0) {
    while (goesOn() && underWay.length < AT_ONCE) underWay.push(run.step());
    const report = await underWay.shift();
    if (report) tell(report);
  }
}

// The database works on some while the oracle works on the next.
const AT_ONCE = 4;

/** Limits are settings of the server: they are taken as the API tells them. */
async function limitsOf(schema: GraphQLSchema, engine: Engine, viewer: Viewer): Promise<Record<string, unknown>> {
  const type = schema.getType('Limits') as unknown as { getFields(): object };
  const query = `{ viewer { limits { ${Object.keys(type.getFields()).join(' ')} } } }`;
  const found = await engine.answer(viewer, { query, variables: {}, operationName: undefined });
  return (found!.data as { viewer: { limits: Record<string, unknown> } }).viewer.limits;
}
