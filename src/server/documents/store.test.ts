import { createHash } from 'node:crypto';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSchema, parse, validate } from 'graphql';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { until } from '../../../tests/support/eventually.ts';
import { createLogger } from '../logger.ts';
import { openTrustedDocuments, type TrustedDocuments } from './store.ts';

const schema = buildSchema('type Query { name: String, age: Int }');
const check = (text: string) => {
  const document = parse(text);
  const problems = validate(schema, document);
  if (problems.length > 0) throw problems;
  return document;
};
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

let folder = '';
let lines: string[] = [];
const open: TrustedDocuments[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trato-documents-'));
});
afterAll(async () => {
  for (const documents of open) await documents.stop();
  await rm(folder, { recursive: true });
});

let files = 0;
async function manifest(content: unknown): Promise<string> {
  const file = join(folder, `${++files}.json`);
  await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}

async function load(manifests: unknown[], pollMs = 1_000_000): Promise<TrustedDocuments & { files: string[] }> {
  const paths = await Promise.all(manifests.map(manifest));
  lines = [];
  const log = createLogger('info', { write: (line) => void lines.push(line) });
  const documents = await openTrustedDocuments({ files: paths, check, log, pollMs });
  open.push(documents);
  return { ...documents, files: paths };
}

const NAME = 'query Name { name }';
const AGE = 'query Age { age }';

test.for<[string, unknown, string]>([
  ['of codegen, by SHA-256', { [sha256(NAME)]: NAME }, sha256(NAME)],
  ['of Relay, by MD5', { '0123456789abcdef0123456789abcdef': NAME }, '0123456789abcdef0123456789abcdef'],
  ['with prefixed ids', { [`sha256:${sha256(NAME)}`]: NAME }, `sha256:${sha256(NAME)}`],
  [
    'of Apollo',
    { format: 'apollo-persisted-query-manifest', version: 1, operations: [{ id: 'n', name: 'Name', type: 'query', body: NAME }] },
    'n',
  ],
])('a manifest %s: documents by their id and by their hash', async ([, content, id]) => {
  const documents = await load([content]);
  expect(documents.size()).toBe(1);
  expect(documents.find(id)).toMatchObject({ text: NAME, document: { kind: 'Document' } });
  expect(documents.find(`sha256:${sha256(NAME)}`)).toBe(documents.find(id));
  expect(documents.find(`sha256:${sha256(AGE)}`)).toBeUndefined();
  expect(documents.find('constructor')).toBeUndefined();
});

test('several manifests are one set, and a document of two is parsed once', async () => {
  const documents = await load([{ a: NAME, b: AGE }, { c: NAME }]);
  expect(documents.size()).toBe(2);
  expect(documents.find('c')).toBe(documents.find('a'));
});

test.for<[string, unknown, RegExp]>([
  ['no JSON', '{ "a": ', /it is not JSON/],
  ['a list', [NAME], /neither/],
  ['numbers', { a: 1 }, /neither/],
  ['a later format', { format: 'apollo-persisted-query-manifest', version: 2, operations: [] }, /neither/],
  ['no GraphQL', { a: 'query Name {' }, /Name \(a\): Syntax Error/],
  ['a field that is not in the schema', { a: 'query Shoe { shoeSize }' }, /Shoe \(a\): Cannot query field "shoeSize"/],
  ['a hash of something else', { [`sha256:${sha256(AGE)}`]: NAME }, /sha256:\w{64} is not the SHA-256 of its document/],
])('%s: refused with the file and the reason', async ([, content, reason]) => {
  const failure = await load([{ ok: NAME }, content]).catch((error: Error) => error);
  expect(failure).toMatchObject({ code: 'CONFIG_DOCUMENTS_INVALID', message: expect.stringMatching(reason) });
  expect((failure as Error).message).toContain(join(folder, `${files}.json`));
});

test('one id of two documents is refused, and so is a file that is not there', async () => {
  await expect(load([{ a: NAME }, { a: AGE }])).rejects.toThrow(/a is the id of two documents/);
  const missing = join(folder, 'missing.json');
  const log = createLogger('silent');
  await expect(openTrustedDocuments({ files: [missing], check, log })).rejects.toThrow(`${missing} cannot be used: there is no such file`);
});

test('a replaced file is read again; one that cannot be used leaves the documents as they were', async () => {
  const documents = await load([{ a: NAME }], 5);
  const [file] = documents.files as [string];
  const replace = async (content: unknown) => rename(await manifest(content), file);

  await replace({ b: AGE });
  await until(() => documents.find('b'));
  expect(documents.find('a')).toBeUndefined();

  await replace({ c: '{ nothing }' });
  await until(() => lines.some((line) => line.includes('cannot be read again')));
  expect(documents.find('b')).toBeDefined();

  await replace({ a: NAME, b: AGE });
  await until(() => documents.find('a'));
  expect(documents.size()).toBe(2);
  expect(lines.filter((line) => line.includes('cannot be read again'))).toHaveLength(1);
});
