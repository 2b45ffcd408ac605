// Nothing crosses a workspace: whatever an administrator of one names of another, by id, key, reference, identity or
// cursor, wherever the API lets one name something, is answered like what does not exist.
import { createSourceEventStream, type DocumentNode, getNamedType, isObjectType, parse } from 'graphql';
import pino from 'pino';
import sql from 'sql-template-tag';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Database, openDatabase } from '../../src/db/database.ts';
import { createEvents, type EventHub, type Events } from '../../src/events/index.ts';
import type { FeedEnvelope } from '../../src/graphql/feed-envelope.ts';
import { buildSchema } from '../../src/graphql/schema.ts';
import { encodeTypeId, newId } from '../../src/lib/typeid.ts';
import { allEntities, entityNamed } from '../../src/query/entity.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { type ApiField, apiFields, type Place, variablesFor } from './probes.ts';
import { type RichWorkspace, richWorkspace } from './rich-workspace.ts';
import { checksums, guardWorkspace, openSandbox, type Outcome, outcomeOf, type Sandbox, workspaceTables } from './sandbox.ts';
import { selectionOf } from './selection.ts';

const schema = buildSchema();
const fields = apiFields(schema);
const started = new Date().toISOString();

let test: TestDatabase;
let db: Database;
let events: Events;
let sandbox: Sandbox;
let own: RichWorkspace;
let foreign: RichWorkspace;
let before: Record<string, string>;

beforeAll(async () => {
  test = await createTestDatabase();
  db = openDatabase(test.url, { max: 6 });
  own = await richWorkspace(db, { key: 'marker_a', word: 'okapi', phone: '+442079460958' });
  foreign = await richWorkspace(db, { key: 'marker_b', word: 'zebra', phone: '+442079460959' });
  events = createEvents(db, { log: pino({ level: 'silent' }) });
  events.start();
  await events.drained();
  before = await checksums(db, foreign.workspaceId);
  await guardWorkspace(db, foreign.workspaceId);
  sandbox = await openSandbox(test.url, schema, untilCaughtUp(events.hub));
});

afterAll(async () => {
  await sandbox?.close();
  await events?.stop();
  await db?.close();
  await test?.drop();
});

/** Feeds that end where the live part would begin. */
function untilCaughtUp(hub: EventHub): EventHub {
  return {
    ...hub,
    async *follow(options) {
      for await (const step of hub.follow(options)) {
        yield step;
        if (step.kind === 'caughtUp') return;
      }
    },
  };
}

const documents = new Map<string, DocumentNode>();

/** The operation that calls a field with variables for all its arguments and selects what can be reached `depth` records deep. */
function documentOf({ operation, parent, field }: ApiField, depth: number, given: string[]): DocumentNode {
  const args = field.args.filter((arg) => given.includes(arg.name));
  const key = `${parent ?? operation}.${field.name} ${depth} ${args.map((arg) => arg.name)}`;
  const known = documents.get(key);
  if (known) return known;
  const call = `${field.name}${args.length > 0 ? `(${args.map((arg) => `${arg.name}: $${arg.name}`).join(', ')})` : ''} ${selectionOf(schema, getNamedType(field.type), depth)}`;
  const declared = [...args.map((arg) => `$${arg.name}: ${arg.type}`), ...(parent ? ['$parent: ID!'] : [])];
  const body = parent ? `node(id: $parent) { ... on ${parent} { ${call} } }` : call;
  const document = parse(`${operation} (${declared.join(', ')}) { ${body} }`, { noLocation: true });
  documents.set(key, document);
  return document;
}

async function call(api: ApiField, place: Place, value: unknown, caller: RichWorkspace, depth: number): Promise<Outcome> {
  const variables = variablesFor(api.field, place, value, caller);
  if (api.operation === 'subscription') variables.after ??= Buffer.from('event:0').toString('base64url');
  const document = documentOf(api, depth, Object.keys(variables));
  const all = api.parent ? { ...variables, parent: caller.ids[api.parent] } : variables;
  return api.operation === 'subscription' ? follow(document, all, caller) : sandbox.run(caller.administrator, document, all);
}

/** Everything a feed sends of what is in the log. */
async function follow(document: DocumentNode, variableValues: Record<string, unknown>, caller: RichWorkspace): Promise<Outcome> {
  const source = await createSourceEventStream({ schema, document, variableValues, contextValue: sandbox.context(caller.administrator) });
  if (!(Symbol.asyncIterator in source)) return outcomeOf(source, '');
  const sent: Outcome = { data: [], errors: [], touched: '' };
  for await (const { root } of source as AsyncIterable<FeedEnvelope>) {
    const { data, errors } = await sandbox.run(caller.administrator, document, variableValues, root);
    (sent.data as unknown[]).push(data);
    sent.errors.push(...errors);
  }
  return sent;
}

/** Something of the other workspace, and the same form of nothing. */
type Candidate = { what: string; value: unknown; nothing: unknown; sent: string[]; unsent: string[] };

function candidates(place: Place): Candidate[] {
  const pair = (what: string, there: string, nowhere: string, wrap: (text: string) => unknown = (text) => text): Candidate => ({
    what,
    value: wrap(there),
    nothing: wrap(nowhere),
    sent: [there],
    unsent: [nowhere],
  });
  const key = (wrap?: (text: string) => unknown) => pair('key', foreign.key, 'marker_c', wrap);
  if (place.kind === 'ID') return allEntities().map(({ name, prefix }) => pair(name, foreign.ids[name]!, encodeTypeId(prefix, newId())));
  if (place.kind === 'JSON') return [key((text) => ({ [text]: 'x' }))];
  if (place.kind === 'TEXT') return [key(), pair('email', foreign.email, 'marker_c@example.com')];
  if (getNamedType(place.type).name === 'ExternalRefInput') return [key((text) => ({ system: text, value: text }))];
  return [
    ...['EXTERNAL', 'SOCIAL', 'WEB_VISITOR'].map((kind) => key((text) => ({ kind, system: text, value: text }))),
    pair('EMAIL', foreign.email, 'marker_c@example.com', (value) => ({ kind: 'EMAIL', value })),
    pair('PHONE', foreign.phone, '+442079460444', (value) => ({ kind: 'PHONE', value })),
  ];
}

const TYPE_ID = /\b[a-z]+_[0-7][0-9a-hjkmnp-tv-z]{25}\b/g;
const UUID = /\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g;
const MOMENT = /\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\b/g;

const CURSOR = /(?<=")[\w-]{16,}(?=")/g;

/** The sort values in a cursor, without the fingerprint of its filter. */
function cursorValues(text: string): string | null {
  try {
    return JSON.stringify(JSON.parse(Buffer.from(text, 'base64url').toString('utf8')).slice(1)).replaceAll('"', "'");
  } catch {
    return null;
  }
}

/** An answer as text, without what differs from call to call: what was sent, new ids, new keys and the time. */
function normal(outcome: Outcome, sent: string[]): string {
  let text = JSON.stringify([outcome.data ?? null, outcome.errors.map(({ code, message, path }) => [code, message, path])]);
  for (const one of [...sent].sort((a, b) => b.length - a.length)) text = text.replaceAll(one, '<sent>');
  return text
    .replace(CURSOR, (cursor) => cursorValues(cursor) ?? cursor)
    .replace(/"trato_\w+/g, '"<key>')
    .replace(TYPE_ID, (id) => (own.all.has(id) ? id : '<id>'))
    .replace(MOMENT, (moment) => (moment >= started ? '<now>' : moment));
}

/** What an answer holds of the other workspace besides what was sent to it. */
function leaks(outcome: Outcome, sent: string[]): string[] {
  let text = JSON.stringify([outcome.data, outcome.errors]);
  // Cursors carry sort values and ids.
  for (const [cursor] of text.matchAll(CURSOR)) text += Buffer.from(cursor, 'base64url').toString('utf8');
  for (const one of sent) text = text.replaceAll(one, '');
  const ids = [...text.matchAll(TYPE_ID), ...text.matchAll(UUID)].map(([id]) => id).filter((id) => foreign.all.has(id) && !own.all.has(id));
  return [...(text.includes(foreign.word) ? [foreign.word] : []), ...(text.includes(foreign.key) ? [foreign.key] : []), ...ids];
}

/** Where two texts part. */
function difference(one: string, other: string): string {
  const at = [...one].findIndex((letter, i) => letter !== other[i]);
  return [one, other].map((text) => text.slice(Math.max(0, at - 60), at + 120)).join('\n  ');
}

const nameOf = ({ parent, operation, field }: ApiField, place?: Place) => `${parent ?? operation}.${field.name}${place ? ` ${place.path.join('.')}` : ''}`;
const isConnection = ({ field }: ApiField) => getNamedType(field.type).name.endsWith('Connection');
/** How deep an answer is selected: everything within three records where nothing is expected, less where lists are. */
const depthOf = (api: ApiField) => (isConnection(api) || api.operation === 'subscription' ? 1 : 2);

/** Whether the workspace's own administrator, naming the same, is shown its data or changes its rows. */
const shows = (outcome: Outcome) => outcome.touched !== '' || JSON.stringify(outcome.data ?? null).includes(foreign.word);

async function tryPlace(api: ApiField, place: Place): Promise<{ problems: string[]; live: boolean }> {
  const problems: string[] = [];
  let live = false;
  for (const candidate of candidates(place)) {
    const where = `${nameOf(api, place)} = ${candidate.what} of another workspace`;
    const mine = await call(api, place, candidate.value, foreign, 0);
    live ||= shows(mine);
    if (place.wrapped && !shows(mine)) continue;
    const theirs = await call(api, place, candidate.value, own, depthOf(api));
    const nothing = await call(api, place, candidate.nothing, own, depthOf(api));
    const found = leaks(theirs, candidate.sent);
    if (found.length > 0) problems.push(`${where} answers ${found.join(', ')}`);
    if (theirs.touched) problems.push(`${where} writes ${theirs.touched}`);
    const told = normal(theirs, candidate.sent);
    const untold = normal(nothing, candidate.unsent);
    if (told !== untold) problems.push(`${where} is not answered like nothing: ${difference(told, untold)}`);
    for (const outcome of [mine, theirs, nothing]) {
      const bugs = outcome.errors.filter((error) => error.code === 'INTERNAL_SERVER_ERROR');
      if (bugs.length > 0) problems.push(`${where}: ${bugs[0]!.path} ${bugs[0]!.message}`);
    }
  }
  return { problems, live };
}

const placesOf = (...kinds: Place['kind'][]) =>
  fields.map((api) => [nameOf(api), { ...api, places: api.places.filter((place) => kinds.includes(place.kind)) }] as const).filter(([, api]) => api.places.length > 0);

const used = new Set<string>();
const seenLive = new Set<string>();

/** Tries every place of the field; one of them, at least, must be shown to mean something by those whom it belongs to. */
async function tryField(api: ApiField): Promise<void> {
  const problems: string[] = [];
  let anyLive = false;
  for (const place of api.places) {
    const { problems: found, live } = await tryPlace(api, place);
    problems.push(...found);
    used.add(`${place.kind} ${place.owner}`);
    if (live) seenLive.add(`${place.kind} ${place.owner}`);
    anyLive ||= live;
  }
  expect(problems).toEqual([]);
  expect(anyLive, 'not even their own administrator is shown anything').toBe(true);
}

describe('ids of another workspace', () => {
  it.for(placesOf('ID'))('%s', ([, api]) => tryField(api));

  it('each way of naming by id means something to those whom it belongs to', () => {
    expect([...used].filter((owner) => !seenLive.has(owner))).toEqual([]);
  });
});
