// Row scopes: whatever way leads to the rows of others, by lists, ids, relations, the timeline, events, feeds, counts, sums
// or the records in user errors, they make no difference to the answers.
import { type GraphQLField, isRequiredArgument, parse } from 'graphql';
import pino from 'pino';
import sql from 'sql-template-tag';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileRole, type RowScope } from '../../src/auth/permissions.ts';
import { teamsOfUser } from '../../src/auth/team-reach.ts';
import { type Database, openDatabase } from '../../src/db/database.ts';
import { createEvents, type Events } from '../../src/events/index.ts';
import { decodeAnyId, encodeId } from '../../src/graphql/ids.ts';
import { buildSchema } from '../../src/graphql/schema.ts';
import { teamCreate, userCreate } from '../../src/modules/access/index.ts';
import { relationshipCreate } from '../../src/modules/relationships/index.ts';
import { allEntities, entityNamed } from '../../src/query/entity.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { normal } from './answers.ts';
import { call, documentOf, follow, type Sandboxes, untilCaughtUp } from './calls.ts';
import { candidates } from './candidates.ts';
import { type ApiField, apiFields, type Place, requiredOf } from './probes.ts';
import { customerData, idsOf, type RichWorkspace, richWorkspace, runAs } from './rich-workspace.ts';
import { checksums, guardRows, type Outcome, openSandbox } from './sandbox.ts';
import { type Meant, nameOf, tryPlace } from './try-place.ts';

const schema = buildSchema();
const scopes = ['OWN', 'TEAM'] as const;
/** What is cut by rows in this test; users and teams are seen whole. */
const scoped = ['customers', 'interactions', 'conversations', 'relationships', 'opportunities', 'leads', 'quotes', 'consents', 'messages'];

let test: TestDatabase;
let db: Database;
let events: Events;
const sandboxes: Sandboxes = { schema, of: new Map() };
/** Ann asks; Bob's are the rows out of her scope. */
let ann: Record<RowScope, RichWorkspace>;
let bob: RichWorkspace;
/** Ann, where she sees all and changes her own. */
let writer: RichWorkspace;
let readFrom: bigint;
let alone: Record<string, string>;
let before: Record<string, string>;

beforeAll(async () => {
  test = await createTestDatabase();
  db = openDatabase(test.url, { max: 6 });
  const whole = await richWorkspace(db, { key: 'marker_a', word: 'okapi', phone: '+442079460958' });
  const done = runAs(db, whole.administrator);
  const userId = decodeAnyId(whole.ids.User!)!.uuid;
  const teamIds = await teamsOfUser(db, whole.workspaceId, userId);
  const asAnn = (scope: RowScope): RichWorkspace => ({
    ...whole,
    administrator: {
      ...whole.administrator,
      actor: { kind: 'USER', id: userId },
      userId,
      teamIds,
      role: compileRole({ permissions: ['*'], rowScope: Object.fromEntries(scoped.map((subject) => [subject, scope])), hiddenFields: [] }),
    },
  });
  const writes = Object.fromEntries([...scoped, 'segments'].map((subject) => [`${subject}:write`, 'OWN' as const]));
  const role = compileRole({ permissions: ['*'], rowScope: { ...writes, 'customers:erase': 'OWN' }, hiddenFields: [] });
  writer = { ...whole, administrator: { ...asAnn('OWN').administrator, role } };
  ann = { OWN: asAnn('OWN'), TEAM: asAnn('TEAM'), ALL: whole };
  const owner = { id: encodeId('User', await done(userCreate as never, { name: 'Bob' })) };
  const team = { id: encodeId('Team', await done(teamCreate as never, { name: 'South' })) };
  events = createEvents(db, { log: pino({ level: 'silent' }) });
  events.start();
  await events.drained();
  for (const one of [...Object.values(ann), writer]) sandboxes.of.set(one, await openSandbox(test.url, schema, untilCaughtUp(events.hub)));
  // A page of the log that ends with what is made below.
  const [log] = await db.query<{ seq: bigint }>(sql`select max(seq) as seq from events`);
  readFrom = log!.seq - 50n;
  alone = await readAll(scopes);

  const email = 'marker_b@example.com';
  const made = await customerData(done, {
    key: 'marker_b',
    vocabulary: 'marker_a',
    word: 'ouzel',
    email,
    phone: '+442079460959',
    owner,
    team,
  });
  // Ties to Ann's customers are seen by those who see both ends.
  for (const [kind, from, to] of [
    ['marker_a', made.main, { id: whole.ids.Customer }],
    ['marker_a_2', { id: whole.otherCustomer }, made.main],
  ] as const)
    await done(relationshipCreate as never, { kind, from, to, title: 'ouzel tie' });
  const now = await idsOf(db, whole.workspaceId, whole.all);
  const all = new Set(
    [...now.all].filter(
      (id) =>
        !whole.all.has(id) && id !== owner.id && id !== team.id && id !== decodeAnyId(owner.id)!.uuid && id !== decodeAnyId(team.id)!.uuid,
    ),
  );
  const ids = Object.fromEntries(Object.entries(now.ids).filter(([, id]) => all.has(id)));
  bob = {
    ...whole,
    key: 'marker_b',
    word: 'ouzel',
    email,
    phone: '+442079460959',
    ids: { ...ids, Customer: made.main.id },
    fitting: made.fitting,
    otherCustomer: made.other.id,
    all,
  };
  sandboxes.of.set(bob, await openSandbox(test.url, schema, untilCaughtUp(events.hub)));
  await events.drained();
  before = await checksums(db, whole.workspaceId);
  await guardRows(
    db,
    [...all].filter((id) => id.includes('-')),
  );
});

afterAll(async () => {
  for (const sandbox of sandboxes.of.values()) await sandbox.close();
  await events?.stop();
  await db?.close();
  await test?.drop();
});

const fields = apiFields(schema);
const asField = (operation: ApiField['operation'], field: GraphQLField<unknown, unknown>): ApiField => ({
  operation,
  parent: null,
  field,
  places: [],
});
const readable = Object.values(schema.getQueryType()!.getFields()).filter((field) => !field.args.some(isRequiredArgument));
const feeds = schema.getSubscriptionType()!.getFields();

/** What is reached from a row does not depend on the feed: some are read deeply. */
const deep = ['events', 'interactionRecorded', 'customerChanged', 'segmentEntered'];

/** Every list, two records deep, and every feed, as each of the callers is answered. */
async function readAll(callers: readonly RowScope[]): Promise<Record<string, string>> {
  const answers: Record<string, string> = {};
  for (const scope of callers) {
    for (const field of readable) answers[`${scope} ${field.name}`] = normal(await read(ann[scope], field), [], ann[scope]);
    for (const name of Object.keys(feeds)) {
      const feed = await readFeed(ann[scope], name);
      const data = (feed.data as Record<string, { __typename: string }>[]).filter((item) => item[name]?.__typename !== 'FeedCaughtUp');
      answers[`${scope} feed ${name}`] = normal({ ...feed, data }, [], ann[scope]);
    }
  }
  return answers;
}

function read(caller: RichWorkspace, field: GraphQLField<unknown, unknown>): Promise<Outcome> {
  const variables = field.name === 'events' ? { first: 100, after: Buffer.from(`event:${readFrom}`).toString('base64url') } : {};
  return sandboxes.of
    .get(caller)!
    .run(caller.administrator, documentOf(schema, asField('query', field), 2, Object.keys(variables)), variables);
}

function readFeed(caller: RichWorkspace, name: string): Promise<Outcome> {
  const field = feeds[name]!;
  const variables = { after: Buffer.from('event:0').toString('base64url'), ...requiredOf(field, caller) };
  return follow(
    schema,
    sandboxes.of.get(caller)!,
    documentOf(schema, asField('subscription', field), deep.includes(name) ? 1 : 0, Object.keys(variables)),
    variables,
    caller,
  );
}

describe('rows out of scope', () => {
  let beside: Record<string, string>;
  beforeAll(async () => {
    beside = await readAll([...scopes, 'ALL']);
  });

  it.for(
    scopes.flatMap((scope) => [
      ...readable.map((field) => `${scope} ${field.name}`),
      ...Object.keys(feeds).map((feed) => `${scope} feed ${feed}`),
    ]),
  )('%s is answered as if they were not there', (name) => {
    expect(beside[name]).toBe(alone[name]);
    expect(beside[name]).not.toMatch(/ouzel|marker_b/);
  });

  it('are seen, in the same places, by those who see all', () => {
    const shown = Object.keys(beside).filter((name) => name.startsWith('ALL') && beside[name]!.includes('ouzel'));
    expect(shown).toEqual(
      expect.arrayContaining(
        [
          'customers',
          'interactions',
          'conversations',
          'relationships',
          'lifecycleStages',
          'touchPoints',
          'events',
          'messages',
          ...['events', 'customerCreated', 'customerStageChanged', 'customerChanged', 'interactionRecorded', 'opportunityCreated'].map(
            (name) => `feed ${name}`,
          ),
          ...['leadCaptured', 'quoteSent', 'relationshipCreated', 'consentGiven', 'segmentEntered'].map((name) => `feed ${name}`),
        ].map((name) => `ALL ${name}`),
      ),
    );
    expect(Object.keys(bob.ids).sort()).toEqual(
      allEntities()
        .filter(({ name }) => entityNamed(name).scope || entityNamed(name).visible)
        .map(({ name }) => name as string)
        .filter((name) => !['User', 'Team'].includes(name))
        .sort(),
    );
  });
});

describe('ids, references and identities of rows out of scope', () => {
  const meant: Meant = new Map();
  const placesOf = (...kinds: Place['kind'][]) =>
    fields
      .map((api) => [nameOf(api), { ...api, places: api.places.filter((place) => kinds.includes(place.kind) && !place.wrapped) }] as const)
      .filter(([, api]) => api.places.length > 0);

  it.for(placesOf('ID'))('%s by id is answered like nothing', async ([, api]) => {
    const problems: string[] = [];
    for (const place of api.places)
      problems.push(...(await tryPlace(sandboxes, { own: ann.OWN, foreign: bob }, meant, api, place)).problems);
    expect(problems).toEqual([]);
  });

  // References and identities are unique in the workspace: that one is taken must be told, but nothing of who has it.
  // `recognise` answers whole whoever calls, out of scope or not.
  it.for(placesOf('REFERENCE').filter(([name]) => name !== 'query.recognise'))(
    '%s by reference tells nothing but that it is taken',
    async ([, api]) => {
      const problems: string[] = [];
      for (const place of api.places)
        problems.push(...(await tryPlace(sandboxes, { own: ann.OWN, foreign: bob }, meant, api, place, true)).problems);
      expect(problems).toEqual([]);
    },
  );

  it.for(placesOf('ID', 'REFERENCE').filter(([name]) => name.startsWith('mutation.')))(
    '%s changes nothing that is seen but out of reach',
    async ([, api]) => {
      for (const place of api.places)
        for (const { what, value } of candidates(place, bob)) {
          const { touched, errors } = await call(sandboxes, api, place, value, writer, 0);
          expect([what, touched, errors.filter((error) => error.code === 'INTERNAL_SERVER_ERROR')]).toEqual([what, '', []]);
        }
    },
  );

  it.for(['relationshipCreate', 'relationshipsUpsert'])('%s does not take over a tie that has the reference', async (name) => {
    const tie = {
      kind: 'works_at',
      from: { id: ann.OWN.ids.Customer },
      to: { id: ann.OWN.otherCustomer },
      externalRef: { system: bob.key, value: bob.key },
    };
    const input = name.endsWith('Upsert') ? { rows: [tie] } : tie;
    const said = name.endsWith('Upsert') ? 'results { status userErrors { code } }' : 'relationship { title }';
    const type = `${name[0]!.toUpperCase()}${name.slice(1)}Input!`;
    const document = parse(`mutation ($input: ${type}) { ${name}(input: $input) { ${said} userErrors { code } } }`);
    for (const caller of [ann.OWN, writer]) {
      const { data, touched } = await sandboxes.of.get(caller)!.run(caller.administrator, document, { input });
      expect([touched, JSON.stringify(data)]).toEqual(['', expect.stringMatching(/"code":"(DUPLICATE|NOT_VISIBLE)"/)]);
    }
  });

  it('every entity with row scope was named, and meant something to its owner', () => {
    const named = new Set([...meant.values()].flatMap((what) => [...what]));
    expect(Object.keys(bob.ids).filter((name) => !named.has(name))).toEqual([]);
  });

  it('none of their rows was touched', async () => {
    expect(await checksums(db, bob.workspaceId)).toEqual(before);
  });
});
