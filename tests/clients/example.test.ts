// The example client: codegen types it, it compiles, and it runs against a server that takes trusted documents only.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { ApolloClient, HttpLink, InMemoryCache } from '@apollo/client';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';
import { Client, fetchExchange, gql, mapExchange, subscriptionExchange } from '@urql/core';
import { type DocumentNode, parse } from 'graphql';
import { createClient } from 'graphql-ws';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { until } from '../support/eventually.ts';
import { postQuery, startTestProcess, type TestProcess, type TestServer } from '../support/server.ts';
import { NAMES, startWorld } from './world.ts';

const root = join(import.meta.dirname, '../..');
const manifest = join(root, 'examples/client/src/gql/persisted-documents.json');

/** Runs a program of the tree under this Node; answers what it printed, and throws it with its failure. */
async function run(file: string, args: string[], env: Record<string, string> = {}): Promise<string> {
  const options = { cwd: root, env: { PATH: process.env.PATH ?? '', ...env }, timeout: 100_000 };
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [file, ...args], options);
    return stdout + stderr;
  } catch (error) {
    const { message, stdout, stderr } = error as Error & { stdout: string; stderr: string };
    throw new Error(`${message}\n${stdout}${stderr}`);
  }
}

/** The script of an installed command. */
function command(name: string, bin = name): string {
  const file = createRequire(import.meta.url).resolve(`${name}/package.json`);
  const { bin: bins } = createRequire(import.meta.url)(file) as { bin: Record<string, string> };
  return join(dirname(file), bins[bin]!);
}

let folder = '';
let server: TestServer;
/** A process that takes the documents of the example only. */
let url = '';
const processes: TestProcess[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trato-example-'));
  [server] = await Promise.all([startWorld(), run(command('@graphql-codegen/cli', 'graphql-codegen'), ['--config', 'codegen.ts'])]);
  const settings = { TRATO_TRUSTED_DOCUMENTS: manifest, TRATO_DOCUMENTS: 'trusted', TRATO_API_KEY: server.adminKey };
  ({ url } = await start(settings).ready());
});
afterAll(async () => {
  for (const { kill } of processes) kill();
  await Promise.all(processes.map(({ exited }) => exited));
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

function start(settings: Record<string, string>): TestProcess {
  const made = startTestProcess({ DATABASE_URL: server.databaseUrl, TRATO_DATA_DIR: folder, TRATO_DEMO: '0', ...settings });
  processes.push(made);
  return made;
}

test('it compiles, and its types know the schema', async () => {
  const documents = join(root, 'examples/client/src/documents.ts');
  const probe = `import type { CustomersPage, RecordInteraction } from '${documents}';
    type Of<D> = D extends { __apiType?: (variables: infer Variables) => infer Data } ? { data: Data; variables: Variables } : never;
    export const name = ({ customers }: Of<typeof CustomersPage>['data']): string => customers.nodes[0]!.displayName;
    // @ts-expect-error the document does not ask for it
    export const other = ({ customers }: Of<typeof CustomersPage>['data']) => customers.nodes[0]!.birthDate;
    // @ts-expect-error a direction is one of the schema's
    export const direction: Of<typeof RecordInteraction>['variables']['input']['direction'] = 'SIDEWAYS';`;
  await writeFile(join(folder, 'probe.mts'), probe);
  const settings = { extends: join(root, 'examples/client/tsconfig.json'), include: [join(root, 'examples/client/src'), 'probe.mts'] };
  await writeFile(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ ...settings, compilerOptions: { typeRoots: [join(root, 'node_modules/@types')] } }),
  );
  await run(command('typescript', 'tsc'), ['-p', 'examples/client']);
  await run(command('typescript', 'tsc'), ['-p', folder]);
});

test('it runs where nothing but its documents is taken', async () => {
  const free = await postQuery(url, { query: '{ viewer { permissions } }' }, { key: server.adminKey });
  expect(free.errors[0]!.extensions.code).toBe('DOCUMENT_NOT_TRUSTED');

  const output = await run('examples/client/src/main.ts', [], { TRATO_URL: url, TRATO_API_KEY: server.adminKey, PAGE_SIZE: '2' });

  expect(output.match(/a page of \d/g)).toEqual(['a page of 2', 'a page of 2', 'a page of 1']);
  for (const name of NAMES) expect(output).toContain(`${name}, `);
  expect(output).toMatch(/feed: Do you ship to Norway\? from \w+\n/);
});

/** Id and text of a document of the example. */
async function trusted(name: string): Promise<[id: string, text: string]> {
  const documents: Record<string, string> = JSON.parse(await readFile(manifest, 'utf8'));
  return Object.entries(documents).find(([, text]) => new RegExp(`^\\w+ ${name}\\b`).test(text))!;
}

test('Apollo Client runs the same documents by its link for persisted queries', async () => {
  const [id, text] = await trusted('CustomersPage');
  const headers = { authorization: `Bearer ${server.adminKey}` };
  const link = new PersistedQueryLink({ generateHash: () => id }).concat(new HttpLink({ uri: url, headers }));
  const client = new ApolloClient({ link, cache: new InMemoryCache() });
  const { data } = await client.query<{ customers: { nodes: { displayName: string }[] } }>({ query: parse(text), variables: { first: 2 } });
  expect(data!.customers.nodes.map((node) => node.displayName)).toEqual(NAMES.slice(0, 2));
  client.stop();
});

test('urql runs them as its exchange for persisted operations sends them, over HTTP and through graphql-ws', async () => {
  const documents = await Promise.all(['CustomersPage', 'EndOfLog'].map(trusted));
  const [page, feed] = documents.map(([, text]) => gql(text)) as [DocumentNode, DocumentNode];
  const authorization = `Bearer ${server.adminKey}`;
  const sockets = createClient({ url: url.replace('http', 'ws'), webSocketImpl: WebSocket, connectionParams: { authorization } });
  const client = new Client({
    url,
    preferGetMethod: false,
    fetchOptions: { headers: { authorization } },
    exchanges: [
      mapExchange({
        onOperation(operation) {
          const [sha256Hash] = documents[operation.kind === 'query' ? 0 : 1]!;
          return { ...operation, extensions: { persistedQuery: { version: 1, sha256Hash } } };
        },
      }),
      fetchExchange,
      subscriptionExchange({
        forwardSubscription: (request) => ({
          subscribe: (sink) => ({ unsubscribe: sockets.subscribe({ ...request, query: request.query || '' }, sink) }),
        }),
      }),
    ],
  });
  const { data, error } = await client.query(page, { first: 2 }).toPromise();
  expect([error, data]).toMatchObject([undefined, { customers: { nodes: [{}, {}] } }]);
  const heard = vi.fn();
  const following = client.subscription(feed, {}).subscribe(heard);
  await until(() => heard.mock.calls.length > 0);
  expect(heard.mock.calls[0]![0]).toMatchObject({ data: { events: { cursor: expect.any(String) } } });
  following.unsubscribe();
  await sockets.dispose();
});

test('a server whose manifest does not fit its schema does not start, and says which document', async () => {
  const file = join(folder, 'old.json');
  await writeFile(file, (await readFile(manifest, 'utf8')).replace(/\bdisplayName\b/, 'nickname').replace(/sha256:/g, ''));
  const failed = start({ TRATO_TRUSTED_DOCUMENTS: file });
  expect((await failed.exited).code).toBe(1);
  expect(failed.stderr()).toMatch(
    /trato: the trusted documents of .*old\.json cannot be used: CustomersPage \(\w+\): Cannot query field "nickname".*\[CONFIG_DOCUMENTS_INVALID\]/,
  );
});
