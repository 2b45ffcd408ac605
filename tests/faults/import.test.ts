// An import that is killed twenty times loses nothing and does nothing twice.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { BulkServer } from '../../src/cli/testing/bulk-server.ts';
import { startBulkServer } from '../../src/cli/testing/bulk-server.ts';
import { startCli } from '../../src/cli/testing/run-cli.ts';

const KILLS = 20;
const ROWS = 5000;
let folder: string;
let server: BulkServer;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'trato-kills-'));
  server = await startBulkServer();
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

it(`survives ${KILLS} SIGKILLs with exact counts`, { timeout: 120_000 }, async () => {
  const csv = join(folder, 'people.csv');
  // Every 50th row is broken in the file, every 77th is refused by the server, names span lines, some come twice.
  const lines = Array.from({ length: ROWS }, (_, index) => {
    const id = index % 10 === 9 ? index : index + 1;
    return (index + 1) % 50 === 0 ? `${id},"broken` : `${id},"Person\n${id}"`;
  });
  writeFileSync(csv, `id,name\n${lines.join('\n')}\n`);
  const mapping = join(folder, 'mapping.json');
  const row = { externalId: { system: 't', value: '$id' }, displayName: '$name' };
  writeFileSync(
    mapping,
    JSON.stringify({
      passes: [
        { name: 'first', into: 'customers', row },
        { name: 'second', into: 'customers', ordered: false, row: { ...row, tags: ['second'] } },
      ],
    }),
  );
  server.refuse = (_, { externalId }) =>
    Number((externalId as { value: string }).value) % 77 === 0 ? { code: 'REFUSED', message: 'no', path: [] } : undefined;

  const start = () => startCli(['import', '--mapping', mapping, '--url', server.url, '--key', server.key, '--batch-size', '100', csv]);
  let kills = 0;
  while (kills < KILLS) {
    const run = start();
    // Alternately before a batch is applied and after it, before it is answered; each time a few batches further.
    let batches = 2 + (kills % 4);
    server.fault = async () => {
      if (--batches > 0) return undefined;
      run.child.kill('SIGKILL');
      await run.ended;
      return kills % 2 === 0 ? 'drop' : 'lose-answer';
    };
    const { signal } = await run.ended;
    expect(signal).toBe('SIGKILL');
    kills += 1;
  }
  server.fault = () => undefined;
  const end = await start().ended;

  const read = [...lines].length;
  const broken = lines.filter((line) => line.includes('broken')).length;
  const good = lines.flatMap((line) => (line.includes('broken') ? [] : [Number(line.split(',')[0])]));
  const refused = good.filter((id) => id % 77 === 0).length;
  const distinct = new Set(good.filter((id) => id % 77 !== 0)).size;
  const doubles = good.length - refused - distinct;
  expect(end.code).toBe(3);
  expect(end.stdout.trimEnd().split('\n')).toEqual([
    `pass first: read ${read}, created ${distinct}, updated 0, unchanged ${doubles}, rejected ${broken + refused}`,
    `pass second: read ${read}, created 0, updated ${distinct}, unchanged ${doubles}, rejected ${refused}, skipped ${broken}`,
    `read ${read}, created ${distinct}, updated ${distinct}, unchanged ${2 * doubles}, rejected ${broken + 2 * refused}`,
  ]);
  expect(server.tables.get('customersUpsert')?.size).toBe(distinct);
  expect(server.seen.replays).toBeGreaterThan(0);
  const rejected = readFileSync(`${csv}.rejected.jsonl`, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { pass: string; row: number });
  expect(rejected).toHaveLength(broken + 2 * refused);
  expect(new Set(rejected.map(({ pass, row }) => `${pass} ${row}`)).size).toBe(rejected.length);
  expect(existsSync(`${csv}.import-state.json`)).toBe(false);
});
