// What would tell a hidden field by asking often enough: filters, orders, sums and look-ups by it are refused.
import { type GraphQLInputObjectType, getNamedType, getNullableType, isEnumType, isInputObjectType, parse } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Viewer } from '../../src/auth/viewer.ts';
import { hideableFields } from '../../src/modules/access/role-definition.ts';
import { allEntities, entityNamed } from '../../src/query/entity.ts';
import { fieldOfColumn } from '../../src/query/policy.ts';
import { modelOf } from '../../src/query/sql.ts';
import { documentOf, follow } from './calls.ts';
import { type ApiField, requiredOf } from './probes.ts';
import { asField, codesOf, fields, type RoleWorld, schema, startRoleWorld } from './role-world.ts';
import type { Outcome } from './sandbox.ts';

let world: RoleWorld;
let sandbox: RoleWorld['sandbox'];
let whole: RoleWorld['whole'];
let hiding: RoleWorld['hiding'];
let viewerWith: RoleWorld['viewerWith'];
beforeAll(async () => {
  world = await startRoleWorld();
  ({ sandbox, whole, hiding, viewerWith } = world);
});
afterAll(() => world?.stop());

/** A condition that any value passes the check of. */
function someCondition(type: GraphQLInputObjectType | undefined): unknown {
  if (!type) return 'x';
  const names = Object.keys(type.getFields());
  if (names.includes('isNull')) return { isNull: false };
  if (names.includes('isEmpty')) return { isEmpty: false };
  if (names.includes('some')) return { some: {} };
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

const typedFeeds = Object.entries(schema.getSubscriptionType()!.getFields()).flatMap(([name, field]) => {
  const entity = allEntities().find((one) => one.name === getNamedType(field.type).name);
  return entity ? [[name, entity, field] as const] : [];
});

function askList(api: ApiField, viewer: Viewer, given: Record<string, unknown>): Promise<Outcome> {
  const args = { ...requiredOf(api.field, whole), ...given };
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
      const field = 'listOf' in spec ? name : fieldOfColumn(entity, columnOf(spec));
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

  it.for(typedFeeds)('subscription.%s refuses to follow it', async ([name, entity, field]) => {
    const api = asField('subscription', field);
    const refused = async (viewer: Viewer, given: Record<string, unknown>) => {
      const args = { ...requiredOf(field, whole), after: Buffer.from('event:0').toString('base64url'), ...given };
      const document = documentOf(schema, api, 0, Object.keys(args));
      return codesOf(await follow(schema, sandbox, document, args, { ...whole, administrator: viewer }));
    };
    const has = (arg: string) => field.args.some((one) => one.name === arg);
    const hideable = hideableFields(entity);
    // A name that other entities have too may be asked for where these are told of.
    const having = (column: string) => allEntities().filter((one) => column in modelOf(one.name).columns);
    const column = Object.keys(modelOf(entity.name).columns)
      .filter((one) => hideable.includes(one))
      .toSorted((a, b) => having(a).length - having(b).length)[0]!;
    if (has('changed')) {
      expect(await refused(whole.administrator, { changed: [column] })).toEqual([]);
      expect(await refused(hiding(`${entity.name}.${column}`), { changed: [column] })).toEqual(['FORBIDDEN']);
    }
    if (has('filter')) {
      const [filter, spec] = Object.entries(entity.filters!).find(([, one]) => 'column' in one && hideable.includes(one.column))!;
      const of = (spec as { column: string }).column;
      const type = getNamedType(
        (getNamedType(field.args.find((one) => one.name === 'filter')!.type) as GraphQLInputObjectType).getFields()[filter]!.type,
      );
      const given = { filter: { not: { [filter]: someCondition(isInputObjectType(type) ? type : undefined) } } };
      expect(await refused(whole.administrator, given)).toEqual([]);
      expect(await refused(hiding(`${entity.name}.${of}`), given)).toEqual(['FORBIDDEN']);
    }
    expect(await refused(viewerWith({ permissions: ['events:read', 'recognise'] }), {}), name).toEqual(['FORBIDDEN']);
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
