// `trato import` as its own process against a server with the bulk mutations' contract: what it says, how it ends, how it goes on.
import { existsSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BulkServer } from '../../src/cli/testing/bulk-server.ts';
import { startBulkServer } from '../../src/cli/testing/bulk-server.ts';
import { runCli, startCli } from '../../src/cli/testing/run-cli.ts';

let folder: string;
let server: BulkServer;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'trato-import-'));
  server = await startBulkServer();
});
afterEach(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

const file = (name: string, content: string | Buffer): string => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};
const people = (count: number): string =>
  `id,name,age\n${Array.from({ length: count }, (_, index) => `${index + 1},Person ${index + 1},${20 + (index % 60)}\n`).join('')}`;
const MAPPING = {
  passes: [
    {
      into: 'customers',
      ordered: false,
      row: { externalId: { system: 't', value: '$id' }, displayName: '$name', attributes: { age: { $column: 'age', as: 'integer' } } },
    },
  ],
};
const mapping = (json: object = MAPPING): string => file('mapping.json', JSON.stringify(json));
const args = (input: string, ...more: string[]): string[] => [
  'import',
  '--mapping',
  join(folder, 'mapping.json'),
  '--url',
  server.url,
  '--key',
  server.key,
  ...more,
  input,
];
const customers = (): number => server.tables.get('customersUpsert')?.size ?? 0;
const jsonLines = (path: string): Record<string, unknown>[] =>
  readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe('import', () => {
  it('reads CSV and JSON Lines, plain, gzipped and from standard input, and a second time changes nothing', async () => {
    mapping();
    const csv = file('people.csv', people(1203));
    expect(await runCli(args(csv))).toMatchObject({ code: 0, stdout: 'read 1203, created 1203, updated 0, unchanged 0, rejected 0\n' });
    expect(server.seen.batches).toEqual([500, 500, 203]);
    expect(existsSync(`${csv}.import-state.json`)).toBe(false);
    expect(existsSync(`${csv}.rejected.jsonl`)).toBe(false);
    const again = 'read 1203, created 0, updated 0, unchanged 1203, rejected 0';
    expect((await runCli(args(file('people.csv.gz', gzipSync(people(1203)))))).lastLine).toBe(again);
    const lines = people(1203)
      .trimEnd()
      .split('\n')
      .slice(1)
      .map((line) => line.split(','));
    expect(
      (
        await runCli(
          args(file('people.jsonl', lines.map(([id, name, age]) => `${JSON.stringify({ id, name, age: Number(age) })}\n`).join(''))),
        )
      ).lastLine,
    ).toBe(again);
    expect((await runCli(args('-'), { stdin: people(1203), cwd: folder })).lastLine).toBe(again);
  });

  it('puts rejected rows with their reasons into a file and goes on', async () => {
    mapping();
    server.refuse = (_, row) => (row.displayName === 'Person 4' ? { code: 'NAME_TAKEN', message: 'no', path: ['displayName'] } : undefined);
    const csv = file('people.csv', people(5).replace('Person 2,21', 'Person 2,old').replace('\n3,', '\n"3,'));
    const run = await runCli(args(csv));
    expect(run).toMatchObject({ code: 3, lastLine: 'read 5, created 2, updated 0, unchanged 0, rejected 3' });
    expect(run.stderr).toContain(`${csv}.rejected.jsonl`);
    expect(jsonLines(`${csv}.rejected.jsonl`)).toEqual([
      {
        row: 2,
        line: 3,
        pass: 'customers',
        code: 'INVALID_INTEGER',
        message: '"old" is no whole number',
        path: ['attributes', 'age'],
        record: { id: '2', name: 'Person 2', age: 'old' },
      },
      {
        row: 3,
        line: 4,
        pass: 'customers',
        code: 'BROKEN_QUOTES',
        message: expect.stringContaining('line 4'),
        path: [],
        record: null,
        raw: '"3,Person 3,22',
      },
      {
        row: 4,
        line: 5,
        pass: 'customers',
        code: 'NAME_TAKEN',
        message: 'no',
        path: ['displayName'],
        record: { id: '4', name: 'Person 4', age: '23' },
      },
    ]);
    server.refuse = () => undefined;
    writeFileSync(csv, people(5));
    expect(await runCli(args(csv))).toMatchObject({ code: 0, lastLine: 'read 5, created 3, updated 0, unchanged 2, rejected 0' });
    expect(existsSync(`${csv}.rejected.jsonl`)).toBe(false);
  });

  it('tells in a dry run what would happen, and changes nothing', async () => {
    mapping({
      setup: [{ into: 'attributeDefinitions', rows: [{ entity: 'CUSTOMER', key: 'age', name: 'Age', type: 'NUMBER' }] }],
      ...MAPPING,
    });
    server.refuse = (name, row) =>
      name === 'customersUpsert' &&
      row.attributes &&
      'age' in (row.attributes as object) &&
      !server.tables.get('attributeDefinitionsUpsert')?.size
        ? { code: 'ATTRIBUTE_UNKNOWN', message: 'age', path: [] }
        : undefined;
    const csv = file('people.csv', people(700));
    const run = await runCli(args(csv, '--dry-run'));
    expect(run).toMatchObject({ code: 0, lastLine: 'read 700, created 700, updated 0, unchanged 0, rejected 0' });
    expect(run.stderr).toContain('dry run: nothing was written');
    expect(customers()).toBe(0);
    expect((await runCli(args(csv))).lastLine).toBe('read 700, created 700, updated 0, unchanged 0, rejected 0');
  });

  it('reads the file again for each pass', async () => {
    mapping({
      passes: [
        { into: 'customers', row: { externalId: { system: 't', value: '$id' }, displayName: '$name' } },
        {
          into: 'relationships',
          where: { parent: { present: true } },
          row: {
            kind: 'subsidiary_of',
            from: { externalId: { system: 't', value: '$id' } },
            to: { externalId: { system: 't', value: '$parent' } },
          },
        },
      ],
    });
    const run = await runCli(args(file('firms.csv', 'id,name,parent\n1,A,3\n2,B,\n"bad,C,\n3,D,\n')));
    expect(run).toMatchObject({
      code: 3,
      stdout: [
        'pass customers: read 4, created 3, updated 0, unchanged 0, rejected 1',
        'pass relationships: read 4, created 1, updated 0, unchanged 0, rejected 0, skipped 3',
        'read 4, created 4, updated 0, unchanged 0, rejected 1',
        '',
      ].join('\n'),
    });
  });

  it.each([
    ['a column that is not there', 'id,name\n1,x\n', MAPPING, 'MISSING_COLUMNS', '"age"'],
    [
      'a mapping with mistakes',
      people(1),
      { passes: [{ into: 'customers', row: { x: { $column: 'id', as: 'int' } } }] },
      'BAD_MAPPING',
      'passes[0].row.x.as',
    ],
    [
      'a field that the server has not',
      people(1),
      { passes: [{ into: 'customers', row: { nme: '$name' } }] },
      'UNKNOWN_FIELD',
      'passes[0].row.nme',
    ],
    [
      'a setup that is refused',
      people(1),
      { setup: [{ into: 'channels', rows: [{ key: 'bad', name: 'x' }] }], ...MAPPING },
      'SETUP_REJECTED',
      'setup[0].rows[0]',
    ],
  ])('ends before the first row with %s', async (_, content, json, code, detail) => {
    mapping(json);
    server.refuse = (name) => (name === 'channelsUpsert' ? { code: 'KEY_INVALID', message: 'bad key', path: ['key'] } : undefined);
    const csv = file('people.csv', content);
    const run = await runCli(args(csv));
    expect(run.code).toBe(1);
    expect(run.stderr).toContain(`[${code}]`);
    expect(run.stderr).toContain(detail);
    expect(run.stdout).toBe('');
    expect(customers()).toBe(0);
    expect(existsSync(`${csv}.import-state.json`)).toBe(false);
  });

  it('says what is wrong with key, server and files in one line', async () => {
    mapping();
    const csv = file('people.csv', people(3));
    const line = async (...command: string[]): Promise<string> => (await runCli(command, { cwd: folder })).stderr.split('\n')[0] ?? '';
    expect(await line(...args(csv, '--key', 'wrong'))).toMatch(/does not accept this API key \[UNAUTHENTICATED\]$/);
    expect(await line(...args(join(folder, 'none.csv')))).toMatch(/cannot be read: ENOENT \[INPUT_NOT_FOUND\]$/);
    expect(await line('import', '--mapping', join(folder, 'mapping.json'), '--url', server.url, csv)).toMatch(
      /no API key.*\[API_KEY_MISSING\]$/,
    );
    await server.stop();
    expect((await runCli(args(csv))).stderr).toMatch(/cannot be reached: ECONNREFUSED \(tried \d+ times\) \[SERVER_UNREACHABLE\]/);
  });

  it('takes the key from the data folder and the port from PORT', async () => {
    mapping();
    const csv = file('people.csv', people(3));
    file('api-key', `${server.key}\n`);
    const { port } = new URL(server.url);
    const run = await runCli(['import', '--mapping', join(folder, 'mapping.json'), csv], { env: { TRATO_DATA_DIR: folder, PORT: port } });
    expect(run).toMatchObject({ code: 0, lastLine: 'read 3, created 3, updated 0, unchanged 0, rejected 0' });
  });
});

describe('an interrupted import', () => {
  /** Kills the import when the server has got its n-th batch, before that is answered. */
  async function killedAt(batch: number, csv: string, signal: NodeJS.Signals, ...more: string[]) {
    let first = 0;
    server.fault = async () => {
      if (server.seen.batches.length >= batch && first === 0) {
        first = 1;
        run.child.kill(signal);
        if (signal === 'SIGKILL') await run.ended;
      }
      return undefined;
    };
    const run = startCli(args(csv, '--batch-size', '10', ...more));
    const result = await run.ended;
    server.fault = () => undefined;
    return result;
  }

  it('goes on after SIGINT, having finished what was under way', async () => {
    mapping();
    const csv = file('people.csv', people(95));
    const cut = await killedAt(4, csv, 'SIGINT');
    expect(cut.code).toBe(130);
    expect(cut.stderr).toContain('the same command goes on from here');
    const state = JSON.parse(readFileSync(`${csv}.import-state.json`, 'utf8')) as { position: { record: number } };
    expect(customers()).toBe(state.position.record);
    const run = await runCli(args(csv));
    expect(run).toMatchObject({ code: 0, lastLine: 'read 95, created 95, updated 0, unchanged 0, rejected 0' });
    expect(run.stderr).toContain(`going on after ${state.position.record} records of pass 1 of 1`);
    expect(Math.max(...server.seen.batches)).toBe(10); // the size it began with
  });

  it('keeps its counts when the answer to a batch was lost', async () => {
    mapping();
    const csv = file('people.csv', people(95));
    expect((await killedAt(5, csv, 'SIGKILL')).signal).toBe('SIGKILL');
    expect(await runCli(args(csv))).toMatchObject({ code: 0, lastLine: 'read 95, created 95, updated 0, unchanged 0, rejected 0' });
    expect(server.seen.replays).toBeGreaterThan(0);
  });

  it('is not mixed with another file, mapping or server, unless it starts over', async () => {
    mapping();
    const csv = file('people.csv', people(95));
    await killedAt(3, csv, 'SIGKILL');
    const refused = async (...more: string[]): Promise<string> => {
      const { code, stderr } = await runCli(args(csv, ...more));
      return code === 1 ? (/\[(\w+)\]/.exec(stderr)?.[1] ?? stderr) : `ended with ${code}`;
    };
    mapping({ description: 'changed', ...MAPPING });
    expect(await refused()).toBe('MAPPING_CHANGED');
    mapping();
    server.workspace = 'workspace_2';
    expect(await refused()).toBe('SERVER_CHANGED');
    server.workspace = 'workspace_1';
    utimesSync(csv, new Date(), new Date(0));
    expect(await refused()).toBe('INPUT_CHANGED');
    const before = customers();
    expect(before).toBeGreaterThan(0);
    expect((await runCli(args(csv, '--restart'))).lastLine).toBe(
      `read 95, created ${95 - before}, updated 0, unchanged ${before}, rejected 0`,
    );
  });

  it('takes up its file of rejected rows where it was acknowledged', async () => {
    mapping();
    const broken = people(95).replaceAll(/,2(\d)\n/g, ',x$1\n');
    const csv = file('people.csv', broken);
    await killedAt(5, csv, 'SIGKILL');
    writeFileSync(`${csv}.rejected.jsonl`, `${readFileSync(`${csv}.rejected.jsonl`, 'utf8')}{"row": "half a li`);
    const run = await runCli(args(csv));
    expect(run.code).toBe(3);
    const rows = jsonLines(`${csv}.rejected.jsonl`).map(({ row }) => row);
    expect(rows).toEqual(Array.from({ length: 95 }, (_, index) => index + 1).filter((row) => (row - 1) % 60 < 10));
    expect(run.lastLine).toBe(`read 95, created ${95 - rows.length}, updated 0, unchanged 0, rejected ${rows.length}`);
  });

  it('waits for a server that goes away for a while', async () => {
    mapping();
    const csv = file('people.csv', people(95));
    server.fault = (request) => (request > 3 && request < 6 ? { status: 503, retryAfter: '0' } : request === 8 ? 'lose-answer' : undefined);
    expect(await runCli(args(csv, '--batch-size', '10'))).toMatchObject({
      code: 0,
      lastLine: 'read 95, created 95, updated 0, unchanged 0, rejected 0',
    });
  });

  it('keeps its place when the server stays away', async () => {
    mapping();
    const csv = file('people.csv', people(95));
    server.fault = (request) => (request > 5 ? { status: 503 } : undefined);
    const run = await runCli(args(csv, '--batch-size', '10', '--retry-for', '0'));
    expect(run).toMatchObject({ code: 1, stdout: '' });
    expect(run.stderr).toMatch(/acknowledged so far: read \d0, created/);
    expect(run.stderr).toContain('[SERVER_UNAVAILABLE]');
    server.fault = () => undefined;
    expect(await runCli(args(csv))).toMatchObject({ code: 0, lastLine: 'read 95, created 95, updated 0, unchanged 0, rejected 0' });
  });
});
