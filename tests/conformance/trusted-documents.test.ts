// Trusted documents against a running server: by id over HTTP and sockets, and credentials that may send nothing else.
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient, type SubscribePayload } from 'graphql-ws';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { done } from '../support/core.ts';
import { type Answer, postQuery, startTestServer, type TestServer } from '../support/server.ts';
import { startTrusted, type TrustedProcess } from './trusted-process.ts';

const WHO = 'query Who { viewer { permissions } }';
const CHANNELS = 'query First($first: Int) { channels(first: $first) { nodes { key } } } query None { __typename }';
const CREATE = 'mutation Make($input: ChannelCreateInput!) { channelCreate(input: $input) { channel { key } userErrors { code } } }';
const KEY =
  'mutation Key($input: ApiKeyCreateInput!) { apiKeyCreate(input: $input) { key apiKey { documents } userErrors { code path } } }';
const FEED = 'subscription Feed { events(types: ["channel.created"]) { __typename } }';
const FREE = '{ viewer { permissions } }';
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

const documents = { [sha256(WHO)]: WHO, channels: CHANNELS, create: CREATE, key: KEY, feed: FEED };

let folder = '';
let world: TestServer;
/** Holds only keys that say so to trusted documents. */
let server: TrustedProcess;
/** Holds every caller to them. */
let strict: TrustedProcess;
let trustedKey = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trato-trusted-'));
  world = await startTestServer();
  [server, strict] = await Promise.all([
    startTrusted(world, folder, documents),
    startTrusted(world, folder, documents, { TRATO_DOCUMENTS: 'trusted' }),
  ]);
  ({ key: trustedKey } = await done(world, 'apiKeyCreate', { name: 'screens', role: 'administrator', documents: 'TRUSTED' }, 'key'));
});
afterAll(async () => {
  await Promise.all([server?.stop(), strict?.stop()]);
  await world?.stop();
  await rm(folder, { recursive: true, force: true });
});

const send = (body: object, key: string | null = server.adminKey, headers = {}): Promise<Answer> =>
  postQuery(server.url, body, { key, headers });
const codes = (answer: Answer) => answer.errors.map((error) => error.extensions.code);

describe('over HTTP', () => {
  test.for<[string, object]>([
    ['its hash', { documentId: sha256(WHO) }],
    ['its prefixed hash', { documentId: `sha256:${sha256(WHO)}` }],
    ['its id in the extensions', { extensions: { documentId: sha256(WHO) } }],
    ["Apollo Client's persisted query", { extensions: { persistedQuery: { version: 1, sha256Hash: sha256(WHO) } } }],
    ['its id beside an empty query', { query: '', documentId: sha256(WHO) }],
    ['its id beside the same document', { query: WHO, documentId: sha256(WHO) }],
  ])('a document runs by %s', async ([, body]) => {
    for (const key of [server.adminKey, trustedKey]) {
      expect(await send(body, key)).toMatchObject({ status: 200, errors: [], data: { viewer: { permissions: ['*'] } } });
    }
  });

  test('with variables and the name of one of its operations', async () => {
    const answer = await send({ documentId: 'channels', operationName: 'First', variables: { first: 1 } }, trustedKey);
    expect(answer.data.channels.nodes).toHaveLength(1);
    expect((await send({ documentId: 'channels', operationName: 'None' }, trustedKey)).data).toEqual({ __typename: 'Query' });
    expect(codes(await send({ documentId: 'channels' }, trustedKey))).toEqual(['OPERATION_RESOLUTION_FAILURE']);
    expect(codes(await send({ documentId: 'channels', operationName: 'First', variables: { first: 'x' } }))).toEqual(['BAD_USER_INPUT']);
  });

  test('mutations too', async () => {
    const answer = await send({ documentId: 'create', variables: { input: { key: 'owl', name: 'Owl' } } }, trustedKey);
    expect(answer.data.channelCreate).toEqual({ channel: { key: 'owl' }, userErrors: [] });
  });

  test.for<[string, object, number, string]>([
    ['an unknown id', { documentId: 'nothing' }, 400, 'DOCUMENT_UNKNOWN'],
    ['a property of every object', { documentId: '__proto__' }, 400, 'DOCUMENT_UNKNOWN'],
    ['an unknown hash', { documentId: `sha256:${sha256('x')}` }, 400, 'DOCUMENT_UNKNOWN'],
    ['an id that is no text', { documentId: { a: 1 } }, 400, 'BAD_REQUEST'],
    ['another document beside the id', { documentId: sha256(WHO), query: FREE }, 400, 'BAD_REQUEST'],
    ['two ids', { documentId: sha256(WHO), extensions: { documentId: 'channels' } }, 400, 'BAD_REQUEST'],
  ])('%s is refused', async ([, body, status, code]) => {
    const answer = await send(body);
    expect(answer).toMatchObject({ status, data: undefined });
    expect(answer.errors).toEqual([{ message: expect.any(String), extensions: { code, requestId: answer.headers.get('x-request-id') } }]);
  });

  test('a refusal is a GraphQL response, with the status of the media type', async () => {
    const accept = (type: string) => send({ documentId: 'nothing' }, trustedKey, { accept: type });
    const modern = await accept('application/graphql-response+json, application/json;q=0.9');
    expect([modern.status, modern.headers.get('content-type')]).toEqual([400, 'application/graphql-response+json; charset=utf-8']);
    const old = await accept('application/json');
    expect([old.status, old.headers.get('content-type')]).toEqual([200, 'application/json; charset=utf-8']);
  });

  test('refusals are counted and logged, without the document', async () => {
    await send({ query: '{ customers(filter: { displayName: { eq: "Secret" } }) { nodes { id } } }' }, trustedKey);
    const metrics = await (await fetch(`${server.origin}/metrics`)).text();
    expect(metrics).toMatch(/DOCUMENT_NOT_TRUSTED/);
    expect(server.log()).toContain('DOCUMENT_NOT_TRUSTED');
    expect(server.log()).not.toContain('Secret');
  });
});

describe('a credential of trusted documents only', () => {
  test.for<[string, object]>([
    ['a document of its own', { query: FREE }],
    ['a trusted document, written out', { query: WHO }],
    ['introspection', { query: '{ __schema { types { name } } }' }],
    ['what is no GraphQL', { query: '{' }],
  ])('cannot send %s', async ([, body]) => {
    expect(codes(await send(body, trustedKey))).toEqual(['DOCUMENT_NOT_TRUSTED']);
  });

  test('nor a batch, nor nothing', async () => {
    expect(codes(await send([{ query: FREE }], trustedKey))).toEqual(['BAD_REQUEST']);
    expect(codes(await send({ variables: {} }, trustedKey))).toEqual(['BAD_REQUEST']);
  });

  test('cannot make a key that may send more', async () => {
    const make = (input: object) =>
      send({ documentId: 'key', variables: { input: { name: 'k', role: 'administrator', ...input } } }, trustedKey);
    expect((await make({})).data.apiKeyCreate).toMatchObject({
      key: null,
      userErrors: [{ code: 'ROLE_EXCEEDS_CALLER', path: ['documents'] }],
    });
    const made = (await make({ documents: 'TRUSTED' })).data.apiKeyCreate;
    expect(made).toMatchObject({ apiKey: { documents: 'TRUSTED' }, userErrors: [] });
    expect(codes(await send({ query: FREE }, made.key))).toEqual(['DOCUMENT_NOT_TRUSTED']);
  });

  test('other keys are free, and say so', async () => {
    const { data } = await send({ query: '{ viewer { apiKey { documents } } }' });
    expect(data).toEqual({ viewer: { apiKey: { documents: 'ANY' } } });
  });
});

describe('over a socket', () => {
  /** The first answer to an operation, or the errors in place of it. */
  const run = async (where: TrustedProcess, key: string, payload: SubscribePayload & { documentId?: string }) => {
    const client = createClient({
      url: where.wsUrl,
      webSocketImpl: WebSocket,
      connectionParams: { Authorization: `Bearer ${key}` },
      retryAttempts: 0,
    });
    try {
      for await (const answer of client.iterate(payload)) return answer;
    } catch (errors) {
      return { errors };
    } finally {
      await client.dispose();
    }
  };

  test.for<[string, SubscribePayload & { documentId?: string }]>([
    ['beside an empty query', { query: '', documentId: sha256(WHO) }],
    ['in the extensions', { query: '', extensions: { documentId: `sha256:${sha256(WHO)}` } }],
  ])('a document runs by its id %s', async ([, payload]) => {
    expect(await run(server, trustedKey, payload)).toMatchObject({ data: { viewer: { permissions: ['*'] } } });
  });

  test('a subscription too', async () => {
    expect(await run(server, trustedKey, { query: '', documentId: 'feed' })).toMatchObject({
      data: { events: { __typename: 'FeedCaughtUp' } },
    });
  });

  test.for<[string, SubscribePayload & { documentId?: string }, string]>([
    ['a document of its own', { query: FREE }, 'DOCUMENT_NOT_TRUSTED'],
    ['an unknown id', { query: '', documentId: 'nothing' }, 'DOCUMENT_UNKNOWN'],
    ['another document beside the id', { query: FREE, documentId: 'feed' }, 'BAD_REQUEST'],
  ])('%s is refused', async ([, payload, code]) => {
    expect(await run(server, trustedKey, payload)).toMatchObject({ errors: [{ extensions: { code } }] });
  });

  test('and to everyone, where the server says so', async () => {
    expect(await run(strict, strict.adminKey, { query: FREE })).toMatchObject({
      errors: [{ extensions: { code: 'DOCUMENT_NOT_TRUSTED' } }],
    });
    expect(await run(strict, strict.adminKey, { query: '', documentId: sha256(WHO) })).toMatchObject({ data: { viewer: {} } });
  });
});

test('a server of trusted documents only holds free keys and anonymous callers to them', async () => {
  for (const key of [strict.adminKey, null]) {
    expect(codes(await postQuery(strict.url, { query: FREE }, { key }))).toEqual(['DOCUMENT_NOT_TRUSTED']);
  }
  expect(await postQuery(strict.url, { documentId: sha256(WHO) }, { key: strict.adminKey })).toMatchObject({ status: 200, errors: [] });
  expect(codes(await postQuery(strict.url, { documentId: sha256(WHO) }))).toEqual(['UNAUTHENTICATED']);
});
