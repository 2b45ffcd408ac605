// `npm run fuzz -- --minutes 10 [--seed 1] [--documents 5000] [--differences 5]`: differential fuzzing for as long as it is
// told. It prints how far it has come, and ends with 1 at the first difference, or once there are as many as told. Each round
// of documents has a world of its own.
import { parseArgs } from 'node:util';
import { runOn, withDatabase } from '../src/db/databases.ts';
import { createRun, makeSteps } from '../tests/fuzz/run.ts';
import { makeWorld } from '../tests/fuzz/world.ts';
import { startTestServer, type TestServer } from '../tests/support/test-server.ts';

const ROUND = 4_000;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string' },
    documents: { type: 'string' },
    differences: { type: 'string', default: '1' },
  },
});
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
const most = Number(values.documents ?? Number.POSITIVE_INFINITY);
const started = performance.now();
const until = started + Number(values.minutes) * 60_000;
const totals = { documents: 0, answers: 0, objects: 0 };

const goesOn = () => performance.now() < until && wanted > 0;
let wanted = Number(values.differences);

/** Fuzzes one world, and prints the reports of differences. */
async function round(server: TestServer, roundSeed: number): Promise<void> {
  const name = `${server.prefix}fuzz_${roundSeed}`;
  await runOn(server.url, `create database ${name} template ${server.template} strategy file_copy`);
  const world = await makeWorld(withDatabase(server.url, name), roundSeed);
  try {
    const run = await createRun(world, roundSeed);
    const { figures } = run;
    const continues = () => goesOn() && figures.documents < ROUND && totals.documents + figures.documents < most;
    await makeSteps(run, continues, (report) => {
      console.error(`\n${report}\n`);
      process.exitCode = 1;
      wanted--;
    });
    totals.documents += figures.documents;
    totals.answers += figures.answers;
    totals.objects += figures.objects;
    const seconds = (performance.now() - started) / 1_000;
    const speed = (totals.documents / seconds).toFixed(1);
    console.log(
      `seed ${roundSeed}: ${figures.documents} documents, ${JSON.stringify(figures.by)}, ${figures.refused} of ${figures.answers} answers with refusals; ${run.coverage.summary()}. ` +
        `In all ${totals.documents} documents, ${totals.answers} answers, ${totals.objects} objects in ${seconds.toFixed(0)} s (${speed} documents/s)`,
    );
  } finally {
    await world.close();
    await runOn(server.url, `drop database if exists ${name} with (force)`);
  }
}

const server = await startTestServer();
try {
  for (let i = 0; goesOn() && totals.documents < most; i++) await round(server, seed + i);
} finally {
  await server.stop();
}
