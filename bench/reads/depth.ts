// What must cost the same: a page of 20 × 5 with and without a customer of 100,000 interactions, and page 1,000 and page 1.
import { median, table } from '../support.ts';
import { cursorAfter, documents, trato } from './clients/trato.ts';
import { type Figures, type Generator, measure } from './measure.ts';
import { HEAVY_PLACE } from './seed.ts';
import type { MeasuredServer } from './server.ts';
import { DEEP_ROWS, poster } from './world.ts';

const ROUNDS = 9;
const COUNT = 300;
const PAGE = 20;

type Pair = { title: string; document: string; operation: string; names: [string, string]; rows: [number, number] };
const pairs: Pair[] = [
  {
    title: 'a page of 20 × 5 with a customer of 100,000 interactions, and without',
    document: documents.Page20x5,
    operation: 'Page20x5',
    names: ['with', 'without'],
    rows: [HEAVY_PLACE - (HEAVY_PLACE % PAGE), HEAVY_PLACE - (HEAVY_PLACE % PAGE) + PAGE],
  },
  {
    title: 'page 1,000 of a filtered and ordered list, and page 1',
    document: documents.Deep,
    operation: 'Deep',
    names: ['page 1,000', 'page 1'],
    rows: [DEEP_ROWS, 0],
  },
  {
    title: 'page 1,000 of all customers with 5 interactions each, and page 1',
    document: documents.Page20x5,
    operation: 'Page20x5',
    names: ['page 1,000', 'page 1'],
    rows: [DEEP_ROWS, 0],
  },
];

/** Prints both of each pair and the median of their rounds' ratios. One connection, so that the time of an answer is the time it takes. */
export async function benchDepth(server: MeasuredServer, generator: Generator, databasePid: number): Promise<void> {
  const post = poster(trato, server.port);
  for (const { title, document, operation, names, rows } of pairs) {
    const loads = [];
    for (const before of rows) {
      const body = JSON.stringify({
        operationName: operation,
        query: document,
        variables: { first: PAGE, after: await cursorAfter(post, document, before) },
      });
      loads.push({ port: server.port, path: trato.path, headers: trato.headers, bodies: [body], count: COUNT, connections: 1 });
    }
    const figures: [Figures[], Figures[]] = [[], []];
    for (let round = -1; round < ROUNDS; round++) {
      for (const [i, load] of loads.entries()) {
        const measured = await measure(generator, server, databasePid, load);
        if (round >= 0) figures[i]!.push(measured);
      }
    }
    const of = (i: number, figure: keyof Figures) => median(figures[i]!.map((round) => round[figure]));
    const cells = (value: (figure: keyof Figures) => string) => (['p50', 'cpu', 'databaseCpu'] as const).map(value);
    console.log(`\nTrato alone: ${title}`);
    table([
      ['', 'ms', 'server CPU ms', 'database CPU ms'],
      ...names.map((name, i) => [name, ...cells((figure) => of(i, figure).toFixed(3))]),
      ['ratio', ...cells((figure) => median(figures[0].map((round, i) => round[figure] / figures[1][i]![figure])).toFixed(2))],
    ]);
  }
}
