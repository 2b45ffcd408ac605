// Nothing crosses a workspace: whatever an administrator of one names of another, by id, key, reference, identity or
// cursor, wherever the API lets one name something, is answered like what does not exist.
import pino from 'pino';
import sql from 'sql-template-tag';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Database, openDatabase } from '../../src/db/database.ts';
import { createEvents, type Events } from '../../src/events/index.ts';
import { buildSchema } from '../../src/graphql/schema.ts';
import { allEntities } from '../../src/query/entity.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { leaks } from './answers.ts';
import { call, documentOf, type Sandboxes, untilCaughtUp } from './calls.ts';
import { type ApiField, apiFields, type Place, requiredOf } from './probes.ts';
import { type RichWorkspace, richWorkspace } from './rich-workspace.ts';
import { checksums, guardRows, openSandbox } from './sandbox.ts';
import { type Meant, nameOf, tryPlace } from './try-place.ts';

const schema = buildSchema();
const fields = apiFields(schema);

let test: TestDatabase;
let db: Database;
let events: Events;
const sandboxes: Sandboxes = { schema, of: new Map() };
let own: RichWorkspace;
let foreign: RichWorkspace;
let before: Record<string, string>;

beforeAll(async () => {
  test = await createTestDatabase();
  db = openDatabase(test.url, { max: 6 });
  own = await richWorkspace(db, { key: 'marker_a', word: 'okapi', phone: '+442079460958' });
  foreign = await richWorkspace(db, { key: 'marker_b', word: 'ouzel', phone: '+442079460959' });
  events = createEvents(db, { log: pino({ level: 'silent' }) });
  events.start();
  await events.drained();
  before = await checksums(db, foreign.workspaceId);
  await guardRows(db, [foreign.workspaceId]);
  for (const workspace of [own, foreign])
    sandboxes.of.set(workspace, await openSandbox(test.url, schema, untilCaughtUp(events.hub), { agreeEvery: 5 }));
});

afterAll(async () => {
  for (const sandbox of sandboxes.of.values()) await sandbox.close();
  await events?.stop();
  await db?.close();
  await test?.drop();
});

const placesOf = (...kinds: Place['kind'][]) =>
  fields
    .map((api) => [nameOf(api), { ...api, places: api.places.filter((place) => kinds.includes(place.kind)) }] as const)
    .filter(([, api]) => api.places.length > 0);

const meant: Meant = new Map();
const used = new Set<string>();
const seenLive = new Set<string>();

/** Tries every place of the field; one of them, at least, must be shown to mean something by those whom it belongs to. */
async function tryField(api: ApiField): Promise<void> {
  const problems: string[] = [];
  let anyLive = false;
  // A filter is the same input wherever it is an argument: its and, or and not are tried at the root fields.
  const places = api.places.filter((place) => !place.wrapped || api.parent === null);
  for (const place of places.toSorted((a, b) => Number(a.wrapped) - Number(b.wrapped))) {
    const { problems: found, live } = await tryPlace(sandboxes, { own, foreign }, meant, api, place);
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

const triedAtRoot = new Set<string>();

describe('keys, references and identities of another workspace', () => {
  it.for(placesOf('TEXT', 'REFERENCE', 'JSON'))('%s', async ([, api]) => {
    const problems: string[] = [];
    // The lists of records take the filters and orders of the root fields.
    const isNew = (place: Place) => api.parent === null || !triedAtRoot.has(place.owner);
    for (const place of api.places.filter((one) => !one.wrapped && isNew(one))) {
      if (api.parent === null) triedAtRoot.add(place.owner);
      const { problems: found, live } = await tryPlace(sandboxes, { own, foreign }, meant, api, place);
      problems.push(...found);
      if (live) seenLive.add(`${place.kind} ${place.owner}`);
    }
    expect(problems).toEqual([]);
  });

  it('those that name something mean it to those whom it belongs to', () => {
    const references = fields.flatMap((api) =>
      api.places.filter((place) => place.kind === 'REFERENCE').map((place) => `REFERENCE ${place.owner}`),
    );
    const keys = [
      'CustomerFilter.stage',
      'InteractionFilter.kind',
      'RelationshipFilter.kind',
      'InteractionRecordInput.kind',
      'UserRef.email',
      'CustomerMoveToStageInput.stage',
    ];
    // That one is taken is said without the product that has it: the error is about its key.
    seenLive.add('REFERENCE ProductCreateInput.externalRef');
    expect([...references, ...keys.map((key) => `TEXT ${key}`)].filter((owner) => !seenLive.has(owner))).toEqual([]);
  });
});

describe('cursors of another workspace', () => {
  it.for(placesOf('CURSOR'))('%s', async ([, api]) => {
    for (const place of api.places) {
      const cursor = await cursorOf(api);
      const mine = await call(sandboxes, api, place, cursor, foreign, 0);
      expect(mine.errors).toEqual([]);
      const theirs = await call(sandboxes, api, place, cursor, own, 1);
      expect(theirs.errors.filter((error) => !['CURSOR_MISMATCH', 'CURSOR_INVALID', 'CURSOR_AHEAD'].includes(error.code))).toEqual([]);
      expect(leaks(theirs, [cursor], { own, foreign })).toEqual([]);
    }
  });

  /** The first row's cursor in the list of the other workspace. */
  async function cursorOf(api: ApiField): Promise<string> {
    if (api.operation === 'subscription') {
      const [row] = await db.query<{ seq: bigint }>(
        sql`select min(seq) as seq from events where workspace_id = ${foreign.workspaceId}::uuid`,
      );
      return Buffer.from(`event:${row!.seq}`).toString('base64url');
    }
    const needed = requiredOf(api.field, foreign);
    const document = documentOf(schema, api, 0, Object.keys(needed));
    const { data } = await sandboxes.of
      .get(foreign)!
      .run(foreign.administrator, document, api.parent ? { ...needed, parent: foreign.ids[api.parent] } : needed);
    const at = (api.parent ? (data as Record<string, Record<string, unknown>>).node : data) as Record<
      string,
      { pageInfo: { startCursor: string } }
    >;
    return at[api.field.name]!.pageInfo.startCursor;
  }
});

describe('the walk', () => {
  it('saw the schema, and every entity can be named', () => {
    expect(fields.length).toBeGreaterThan(100);
    const named = new Set([...meant.values()].flatMap((what) => [...what]));
    expect(
      allEntities()
        .map(({ name }) => name as string)
        .filter((name) => !named.has(name)),
    ).toEqual([]);
  });

  it('the guard sees a write to the other workspace, so that none would have been missed', async () => {
    const api = fields.find(({ field }) => field.name === 'channelUpdate')!;
    const place = api.places.find(({ path }) => path.join('.') === 'input.name')!;
    expect((await call(sandboxes, api, place, 'new name', foreign, 0)).touched.split(' ')).toEqual(['channels', 'event_inbox']);
    expect((await call(sandboxes, api, place, 'new name', own, 0)).touched).toBe('');
  });

  it('left every row of the other workspace as it was', async () => {
    expect(await checksums(db, foreign.workspaceId)).toEqual(before);
  });
});
