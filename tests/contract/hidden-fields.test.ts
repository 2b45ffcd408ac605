// Hidden fields: whatever their values are makes no difference to any answer, whichever way leads to the row.
import {
  type GraphQLField,
  type GraphQLInputObjectType,
  getNamedType,
  getNullableType,
  isEnumType,
  isInputObjectType,
  isRequiredArgument,
  parse,
} from 'graphql';
import pino from 'pino';
import sql from 'sql-template-tag';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileRole, type RoleDefinition } from '../../src/auth/permissions.ts';
import type { Viewer } from '../../src/auth/viewer.ts';
import { type Database, openDatabase } from '../../src/db/database.ts';
import { createEvents, type Events } from '../../src/events/index.ts';
import { encodeId } from '../../src/graphql/ids.ts';
import { buildSchema } from '../../src/graphql/schema.ts';
import { userCreate } from '../../src/modules/access/index.ts';
import { hideableFields } from '../../src/modules/access/role-definition.ts';
import { customerCreate } from '../../src/modules/customers/customers.commands.ts';
import { interactionRecord } from '../../src/modules/interactions/interactions.commands.ts';
import { allEntities, type Entity, entityNamed } from '../../src/query/entity.ts';
import { fieldOfColumn } from '../../src/query/policy.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { normal } from './answers.ts';
import { documentOf, follow, untilCaughtUp } from './calls.ts';
import { changeValues, columnsShownBy } from './changed-values.ts';
import { makeNullable } from './nullable-schema.ts';
import { type ApiField, apiFields } from './probes.ts';
import { type RichWorkspace, richWorkspace, runAs } from './rich-workspace.ts';
import { sampleOf } from './samples.ts';
import { type Outcome, openSandbox, type Sandbox } from './sandbox.ts';

const schema = makeNullable(buildSchema());

let test: TestDatabase;
let db: Database;
let events: Events;
let sandbox: Sandbox;
let whole: RichWorkspace;

beforeAll(async () => {
  test = await createTestDatabase();
  db = openDatabase(test.url, { max: 6 });
  whole = await richWorkspace(db, { key: 'marker_a', word: 'okapi', phone: '+442079460958' });
  const done = runAs(db, whole.administrator);
  await done(userCreate as never, { name: 'Another user' });
  const customer = { id: encodeId('Customer', await done(customerCreate as never, { displayName: 'Another customer' })) };
  const conversation = { externalId: { system: 'x', value: 'x' } };
  await done(interactionRecord as never, { customer, kind: 'note', channel: 'phone', direction: 'OUTBOUND', conversation });
  events = createEvents(db, { log: pino({ level: 'silent' }) });
  events.start();
  await events.drained();
  sandbox = await openSandbox(test.url, schema, untilCaughtUp(events.hub));
});

afterAll(async () => {
  await sandbox?.close();
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

function viewerWith(role: Partial<RoleDefinition>): Viewer {
  return { ...whole.administrator, role: compileRole({ permissions: ['*'], rowScope: {}, hiddenFields: [], ...role }) };
}
const hiding = (...hiddenFields: string[]) => viewerWith({ hiddenFields });

/** Lists of rows are a thing of their own; all else that a role can hide shows columns. */
const shownColumns = (entity: Entity) => hideableFields(entity).filter((name) => !('many' in (entity.relations?.[name] ?? {})));

const families = [
  ['Customer', 'Identity', 'Preference', 'Need', 'LifecycleTransition'],
  ['Interaction', 'InteractionParticipant', 'Conversation', 'Relationship', 'TouchPoint', 'AttributeDefinition'],
];
const rest = allEntities()
  .map(({ name }) => name as string)
  .filter((name) => !families.flat().includes(name));

describe.each([...families, rest])('all fields of %s and its like hidden', (...names) => {
  const entities = names.filter((name) => name).map(entityNamed);
  const hidden = () => hiding(...entities.flatMap((entity) => shownColumns(entity).map((field) => `${entity.name}.${field}`)));

  /** Every list and feed, two records deep. */
  async function readAll(viewer: Viewer): Promise<Record<string, string>> {
    const answers: Record<string, string> = {};
    for (const field of readable) {
      const variables = field.name === 'events' ? { first: 100, after: Buffer.from('event:60').toString('base64url') } : {};
      answers[field.name] = normal(
        await sandbox.run(viewer, documentOf(schema, asField('query', field), 2, Object.keys(variables)), variables),
        [],
        whole,
      );
    }
    for (const name of ['events', 'interactionRecorded']) {
      const variables = { after: Buffer.from('event:0').toString('base64url') };
      const document = documentOf(schema, asField('subscription', schema.getSubscriptionType()!.getFields()[name]!), 1, ['after']);
      answers[`feed ${name}`] = normal(await follow(schema, sandbox, document, variables, { ...whole, administrator: viewer }), [], whole);
    }
    return answers;
  }

  it('no answer depends on their values', async () => {
    const before = await readAll(hidden());
    const seen = await readAll(whole.administrator);
    await sandbox.db.execute(sql`begin`);
    try {
      for (const entity of entities)
        await changeValues(sandbox.db, whole.workspaceId, entity, columnsShownBy(entity, shownColumns(entity)));
      const after = await readAll(hidden());
      for (const name of Object.keys(before)) expect(after[name], name).toBe(before[name]);
      const differs = Object.entries(await readAll(whole.administrator)).filter(([name, answer]) => answer !== seen[name]);
      expect(differs.length, 'those who see them see the change').toBeGreaterThan(entities.length);
    } finally {
      await sandbox.db.execute(sql`rollback`);
    }
  });

  it('no event tells them', async () => {
    const document = parse('{ events(first: 100, after: "ZXZlbnQ6NjA") { nodes { type subjectType customerId data } } }');
    const { data } = await sandbox.run(hidden(), document, {});
    const nodes = (data as { events: { nodes: { subjectType: string; data: Record<string, unknown> }[] } }).events.nodes;
    const told = nodes.filter((event) => names.includes(event.subjectType)).map((event) => JSON.stringify(event.data));
    expect(told.length).toBeGreaterThan(3);
    expect(told.filter((text) => /okapi|marker_a/.test(text))).toEqual([]);
    const columns = new Set(entities.flatMap((entity) => columnsShownBy(entity, shownColumns(entity)).map(({ name }) => `"${name}":`)));
    expect(told.filter((text) => [...columns].some((name) => text.includes(name)))).toEqual([]);
  });
});

describe('each hidden field', () => {
  it.for(allEntities().map(({ name }) => name as string))('of %s is null or refused, under an alias and in a fragment', async (name) => {
    const ask = async (viewer: Viewer, field: string) => {
      const inner = getNamedType(
        (schema.getType(name) as unknown as { getFields(): Record<string, GraphQLField<unknown, unknown>> }).getFields()[field]!.type,
      );
      const selected = 'getFields' in inner ? ' { __typename }' : '';
      const document = parse(
        `{ node(id: "${whole.ids[name]}") { ... on ${name} { a: ${field}${selected} } ...F } } fragment F on ${name} { b: ${field}${selected} }`,
      );
      const { data, errors } = await sandbox.run(viewer, document, {});
      const { a, b } = (data as { node: { a: unknown; b: unknown } }).node;
      return { shown: [a ?? null, b ?? null], codes: errors.map((error) => error.code) };
    };
    let seen = 0;
    for (const field of hideableFields(entityNamed(name))) {
      const open = await ask(whole.administrator, field);
      if (open.shown[0] !== null) seen++;
      const closed = await ask(hiding(`${name}.${field}`), field);
      expect(closed.shown, field).toEqual([null, null]);
      expect(
        closed.codes.filter((code) => code !== 'FORBIDDEN'),
        field,
      ).toEqual([]);
    }
    expect(seen).toBeGreaterThan(2);
  });
});

/** A condition that any value passes the check of. */
function someCondition(type: GraphQLInputObjectType | undefined): unknown {
  if (!type) return 'x';
  const names = Object.keys(type.getFields());
  if (names.includes('isNull')) return { isNull: false };
  if (names.includes('isEmpty')) return { isEmpty: false };
  return names.includes('createdAt') ? { createdAt: { isNull: false } } : { eq: true };
}

const lists = fields.filter(({ field }) => getNamedType(field.type).name.endsWith('Connection'));
const inputOf = (api: ApiField, name: string) => {
  const arg = api.field.args.find((one) => one.name === name);
  const type = arg && getNamedType(arg.type);
  return isInputObjectType(type) ? type : null;
};
const entityOfList = ({ field }: ApiField) => allEntities().find(({ name }) => `${name}Connection` === getNamedType(field.type).name);
const listNames = lists.filter((api) => entityOfList(api)).map((api) => [`${api.parent ?? 'Query'}.${api.field.name}`, api] as const);

function codesOf({ errors }: Outcome): string[] {
  return errors.map((error) => error.code);
}

function askList(api: ApiField, viewer: Viewer, args: Record<string, unknown>): Promise<Outcome> {
  return sandbox.run(viewer, documentOf(schema, api, 0, Object.keys(args)), api.parent ? { ...args, parent: whole.ids[api.parent] } : args);
}

describe('what would tell a hidden field', () => {
  const columnOf = (spec: object) =>
    Object.entries(spec).find(
      ([key]) => ['column', 'search', 'id', 'keyOf', 'key'].includes(key) && !('relation' in spec && key !== 'key'),
    )![1] as string;

  it.for(listNames)('%s refuses to filter by it', async ([, api]) => {
    const entity = entityOfList(api)!;
    const filter = inputOf(api, 'filter')!;
    for (const [name, spec] of Object.entries(entity.filters ?? {})) {
      const field = fieldOfColumn(entity, columnOf(spec));
      const type = getNamedType(filter.getFields()[name]!.type);
      const condition = { [name]: someCondition(isInputObjectType(type) ? type : undefined) };
      for (const asked of [condition, { not: { or: [condition] } }]) {
        expect(codesOf(await askList(api, whole.administrator, { filter: asked })), name).toEqual([]);
        if (hideableFields(entity).includes(field))
          expect(codesOf(await askList(api, hiding(`${entity.name}.${field}`), { filter: asked })), name).toContain('FORBIDDEN');
      }
    }
    if (entity.attributes) {
      const asked = { filter: { attributes: [{ key: 'marker_a', isNull: false }] } };
      expect(codesOf(await askList(api, hiding(`${entity.name}.attributes`), asked))).toContain('FORBIDDEN');
    }
    if (entity.fields.includes('archivedAt')) {
      expect(codesOf(await askList(api, hiding(`${entity.name}.archivedAt`), { filter: { archived: 'ONLY' } }))).toContain('FORBIDDEN');
    }
  });

  it.for(listNames)('%s refuses to order by it', async ([, api]) => {
    const entity = entityOfList(api)!;
    const order = inputOf(api, 'orderBy')!.getFields().field!.type;
    const named = getNullableType(order);
    for (const { name } of isEnumType(named) ? named.getValues() : []) {
      const field = fieldOfColumn(entity, entity.orders![name]!.column);
      const orderBy = [{ field: name, direction: 'DESC' }];
      expect(codesOf(await askList(api, whole.administrator, { orderBy })), name).toEqual([]);
      if (hideableFields(entity).includes(field))
        expect(codesOf(await askList(api, hiding(`${entity.name}.${field}`), { orderBy })), name).toContain('FORBIDDEN');
    }
    if (entity.attributes) {
      const orderBy = [{ attribute: { key: 'marker_a', type: 'TEXT' } }];
      expect(codesOf(await askList(api, hiding(`${entity.name}.attributes`), { orderBy }))).toContain('FORBIDDEN');
    }
  });

  it.for(
    allEntities().flatMap(({ name, sums }) => Object.entries(sums ?? {}).map(([sum, field]) => [name as string, sum, field] as const)),
  )('%s refuses the sum of %s', async ([name, sum, field]) => {
    const { plural } = entityNamed(name);
    const document = parse(
      `{ ${plural} { one: sum(field: ${sum}, currency: "GBP") { amount } ...F } } fragment F on ${name}Connection { two: sum(field: ${sum}) { amount } }`,
    );
    expect((await sandbox.run(whole.administrator, document, {})).errors).toEqual([]);
    const { data, errors } = await sandbox.run(hiding(`${name}.${field}`), document, {});
    expect(data).toEqual({ [plural!]: { one: null, two: null } });
    expect(errors.map((error) => error.code)).toEqual(['FORBIDDEN', 'FORBIDDEN']);
  });

  it('a filter by a related record’s hidden field is refused too', async () => {
    const document = parse('{ interactions(filter: { or: [{ customer: { displayName: { startsWith: "a" } } }] }) { nodes { id } } }');
    expect(codesOf(await sandbox.run(hiding('Customer.displayName'), document, {}))).toEqual(['FORBIDDEN']);
    expect(codesOf(await sandbox.run(viewerWith({ permissions: ['interactions:read'] }), document, {}))).toEqual(['FORBIDDEN']);
  });

  it.for([
    ['Identity.value', '{ customer(by: { identity: { kind: EMAIL, value: "marker_a@example.com" } }) { id } }'],
    ['Customer.identities', '{ customer(by: { externalId: { system: "marker_a", value: "marker_a" } }) { id } }'],
    ['User.email', '{ user(by: { email: "marker_a@example.com" }) { id } }'],
    ['User.externalId', '{ user(by: { externalId: { system: "marker_a", value: "marker_a" } }) { id } }'],
    ['Team.externalId', '{ team(by: { externalId: { system: "marker_a", value: "marker_a" } }) { id } }'],
  ])('a look-up by %s is refused', async ([field, document]) => {
    const open = await sandbox.run(whole.administrator, parse(document!), {});
    expect(Object.values(open.data as object)[0]).toMatchObject({ id: expect.any(String) });
    expect(codesOf(await sandbox.run(hiding(field!), parse(document!), {}))).toEqual(['FORBIDDEN']);
  });

  it('a roll-up over ties needs the right to read ties', async () => {
    const document = parse(
      `{ node(id: "${whole.ids.Customer}") { ... on Customer { interactions(rollUp: "marker_a_2") { totalCount { value } } } } }`,
    );
    expect(codesOf(await sandbox.run(viewerWith({ permissions: ['customers:read', 'interactions:read'] }), document, {}))).toEqual([
      'FORBIDDEN',
    ]);
    expect(
      codesOf(await sandbox.run(viewerWith({ permissions: ['customers:read', 'interactions:read', 'relationships:read'] }), document, {})),
    ).toEqual([]);
  });
});

describe('records in the answers of mutations', () => {
  const fragment =
    'fragment F on Customer { a: city ...G } fragment G on Customer { b: birthDate birthDate interactions { sum(field: VALUE) { amount } } }';
  const hidden = () => hiding('Customer.city', 'Customer.birthDate', 'Interaction.value');
  const record = { a: null, b: null, birthDate: null, interactions: { sum: null } };

  it('a payload', async () => {
    const document = parse(
      `mutation { customerUpdate(input: { id: "${whole.ids.Customer}", city: "Bath", birthDate: "1970-01-01" }) { customer { ...F } userErrors { code } } } ${fragment}`,
    );
    expect((await sandbox.run(hidden(), document, {})).data).toEqual({ customerUpdate: { customer: record, userErrors: [] } });
    expect((await sandbox.run(whole.administrator, document, {})).data).toMatchObject({
      customerUpdate: { customer: { a: 'Bath', b: '1970-01-01', interactions: { sum: { amount: '12.50' } } } },
    });
  });

  it('VersionConflictError.current', async () => {
    const document = parse(
      `mutation { customerUpdate(input: { id: "${whole.ids.Customer}", expectedVersion: 99, city: "Bath" }) { userErrors { code ... on VersionConflictError { current { ...F } } } } } ${fragment}`,
    );
    expect((await sandbox.run(hidden(), document, {})).data).toEqual({
      customerUpdate: { userErrors: [{ code: 'VERSION_CONFLICT', current: record }] },
    });
    const { data } = await sandbox.run(viewerWith({ permissions: ['customers:write'] }), document, {});
    expect(data).toEqual({ customerUpdate: { userErrors: [{ code: 'VERSION_CONFLICT', current: null }] } });
  });

  it('DuplicateError.existing', async () => {
    const document = parse(
      `mutation { customerCreate(input: { externalId: { system: "marker_a", value: "marker_a" } }) { userErrors { code ... on DuplicateError { existing { ...F } } } } } ${fragment}`,
    );
    expect((await sandbox.run(hidden(), document, {})).data).toEqual({
      customerCreate: { userErrors: [{ code: 'DUPLICATE', existing: record }] },
    });
    const { data } = await sandbox.run(viewerWith({ permissions: ['customers:write'] }), document, {});
    expect(data).toEqual({ customerCreate: { userErrors: [{ code: 'DUPLICATE', existing: null }] } });
  });
});

describe('a role that may only recognise', () => {
  const recogniser = () => viewerWith({ permissions: ['recognise'] });

  it('recognises, whole', async () => {
    const document = parse(
      '{ recognise(identity: { kind: PHONE, value: "020 7946 0958" }) { customerId displayName health stage owner team lastContacts { at channel kind subject outcome } openMatters { conversationId subject channel since } } }',
    );
    const { data, errors } = await sandbox.run(recogniser(), document, {});
    expect(errors).toEqual([]);
    expect(data).toMatchObject({
      recognise: {
        customerId: whole.ids.Customer,
        displayName: 'okapi displayName',
        stage: 'okapi stage name',
        owner: 'okapi user',
        lastContacts: [{ subject: 'okapi subject' }],
        openMatters: [{ subject: 'okapi subject' }],
      },
    });
  });

  it('is told nothing of anything else, by any field of the API', async () => {
    const roots = { query: schema.getQueryType()!, mutation: schema.getMutationType()!, subscription: schema.getSubscriptionType()! };
    const told: string[] = [];
    for (const [operation, type] of Object.entries(roots) as [ApiField['operation'], typeof roots.query][]) {
      for (const field of Object.values(type.getFields())) {
        if (['recognise', 'viewer', 'node', 'nodes'].includes(field.name)) continue;
        const variables = Object.fromEntries(
          field.args.filter(isRequiredArgument).map((arg) => [arg.name, sampleOf(arg.type, `${field.name}.${arg.name}`, whole)]),
        );
        const document = documentOf(schema, asField(operation, field), 0, Object.keys(variables));
        const { data, errors } =
          operation === 'subscription'
            ? await follow(schema, sandbox, document, variables, { ...whole, administrator: recogniser() })
            : await sandbox.run(recogniser(), document, variables);
        const empty = data == null || Object.values(data).every((value) => value === null);
        if (!empty || errors.length === 0 || errors.some((error) => error.code !== 'FORBIDDEN'))
          told.push(`${field.name} ${JSON.stringify([data, errors])}`);
      }
    }
    expect(told).toEqual([]);
  });

  it('finds nothing by any id', async () => {
    const ids = Object.values(whole.ids);
    const { data } = await sandbox.run(recogniser(), parse('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }'), { ids });
    expect(data).toEqual({ nodes: ids.map(() => null) });
  });

  it('knows who it is itself, and no more of it than its own role and key', async () => {
    const document = parse('{ viewer { workspace { name } apiKey { name role { key } } role { permissions } permissions } }');
    const { data } = await sandbox.run(recogniser(), document, {});
    expect(data).toMatchObject({
      viewer: { workspace: { name: 'okapi company' }, apiKey: { name: 'Administrator', role: null }, permissions: ['recognise'] },
    });
  });
});
