// An import that is killed twenty times, before a batch is applied or after it and before the answer, loses nothing and
// does nothing twice.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { FaultProxy } from '../../src/cli/testing/fault-proxy.ts';
import { startFaultProxy } from '../../src/cli/testing/fault-proxy.ts';
import { startCli } from '../../src/cli/testing/run-cli.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

const KILLS = 20;
const ROWS = 3000;
let folder: string;
let server: TestServer;
let proxy: FaultProxy;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'trato-kills-'));
  server = await startTestServer();
  proxy = await startFaultProxy(server.url);
});
afterAll(async () => {
  await proxy?.stop();
  await server?.stop();
  rmSync(folder, { recursive: true });
});

it(`survives ${KILLS} SIGKILLs with exact counts`, { timeout: 300_000 }, async () => {
  const csv = join(folder, 'people.csv');
  // Every 50th line is broken, every 77th customer's address is refused by the server, names span lines, some rows come twice.
  const rows = Array.from({ length: ROWS }, (_, index) => ({ id: index % 10 === 9 ? index : index + 1, broken: (index + 1) % 50 === 0 }));
  const line = ({ id, broken }: { id: number; broken: boolean }): string =>
    broken ? `${id},"broken,x` : `${id},"Person\n${id}",${id % 77 === 0 ? 'nobody' : `person${id}@example.com`}`;
  writeFileSync(csv, `id,name,mail\n${rows.map(line).join('\n')}\n`);
  const mapping = join(folder, 'mapping.json');
  const row = { externalId: { system: 't', value: '$id' }, displayName: '$name', identities: [{ kind: 'EMAIL', value: '$mail' }] };
  const passes = [
    { name: 'first', into: 'customers', row },
    { name: 'second', into: 'customers', ordered: false, row: { ...row, tags: ['second'] } },
  ];
  writeFileSync(mapping, JSON.stringify({ passes }));

  const start = () => startCli(['import', '--mapping', mapping, '--url', proxy.url, '--key', server.adminKey, '--batch-size', '100', csv]);
  const keys: string[] = [];
  for (let kill = 0; kill < KILLS; kill++) {
    const run = start();
    let batches = 2 + (kill % 4);
    proxy.fault = async (body) => {
      const { variables } = JSON.parse(body) as { variables: { key?: string } };
      if (!variables.key) return undefined;
      keys.push(variables.key);
      if (--batches > 0) return undefined;
      run.child.kill('SIGKILL');
      await run.ended;
      return kill % 2 === 0 ? 'drop' : 'lose-answer';
    };
    expect((await run.ended).signal).toBe('SIGKILL');
  }
  proxy.fault = () => undefined;
  const end = await start().ended;

  const good = rows.filter(({ broken }) => !broken).map(({ id }) => id);
  const broken = ROWS - good.length;
  const refused = good.filter((id) => id % 77 === 0).length;
  const distinct = new Set(good.filter((id) => id % 77 !== 0)).size;
  const doubles = good.length - refused - distinct;
  expect(end.stderr).not.toContain('trato:');
  expect(end.stdout.trimEnd().split('\n')).toEqual([
    `pass first: read ${ROWS}, created ${distinct}, updated 0, unchanged ${doubles}, rejected ${broken + refused}`,
    `pass second: read ${ROWS}, created 0, updated ${distinct}, unchanged ${doubles}, rejected ${refused}, skipped ${broken}`,
    `read ${ROWS}, created ${distinct}, updated ${distinct}, unchanged ${2 * doubles}, rejected ${broken + 2 * refused}`,
  ]);
  expect(end.code).toBe(3);
  expect(new Set(keys).size).toBeLessThan(keys.length); // batches were indeed sent again
  const { data } = await server.query(
    '{ customers { totalCount(upTo: 100000) { value } } tagged: customers(filter: { tags: { has: "second" } }) { totalCount(upTo: 100000) { value } } }',
  );
  expect(data).toEqual({ customers: { totalCount: { value: distinct } }, tagged: { totalCount: { value: distinct } } });
  const rejected = readFileSync(`${csv}.rejected.jsonl`, 'utf8')
    .trimEnd()
    .split('\n')
    .map((text) => JSON.parse(text) as { pass: string; row: number });
  expect(rejected).toHaveLength(broken + 2 * refused);
  expect(new Set(rejected.map(({ pass, row: number }) => `${pass} ${number}`)).size).toBe(rejected.length);
  expect(existsSync(`${csv}.import-state.json`)).toBe(false);
});
