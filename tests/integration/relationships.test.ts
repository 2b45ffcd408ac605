import sql from 'sql-template-tag';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { newId } from '../../src/lib/typeid.ts';
import { descendantsSql, relationshipCreate, relationshipUpdate } from '../../src/modules/relationships/index.ts';
import { createTieWorld, ref, type TieWorld, tieId } from '../support/tie-world.ts';

let world: TieWorld;
let a: string, b: string, c: string, d: string;

beforeAll(async () => {
  world = await createTieWorld();
});
afterAll(() => world?.close());
beforeEach(async () => {
  [a, b, c, d] = (await world.customers('A', 'B', 'C', 'D')) as [string, string, string, string];
});

describe('one relationship', () => {
  test('is made once, with its event', async () => {
    const made = await world.tie('knows', a, b, { title: 'friend', since: '2020-01-01' });
    expect(made.errors).toEqual([]);
    expect((await world.tie('knows', a, b)).errors).toEqual(['DUPLICATE']);
    const [event] = (await world.events('relationship.created')).filter((one) => one.subject_id === made.id);
    expect(event).toMatchObject({ customer_id: a, data: { after: { fromId: a, toId: b, title: 'friend', since: '2020-01-01' } } });
  });

  test('names what it cannot find', async () => {
    const { errors } = await world.run(relationshipCreate, {
      kind: 'none',
      from: { identity: { kind: 'EMAIL', value: 'nobody@example.com' } },
      to: ref(newId()),
    });
    expect(errors).toEqual(['NOT_FOUND kind', 'NOT_FOUND from', 'NOT_FOUND to']);
    expect((await world.tie('knows', a, b, { nonsense: 1 })).errors).toEqual(['UNKNOWN_FIELD']);
  });

  test('to itself and with an end before its begin is refused', async () => {
    expect((await world.tie('knows', a, a)).errors).toEqual(['RELATIONSHIP_TO_ITSELF to']);
    expect((await world.tie('knows', a, b, { since: '2024-02-01', until: '2024-01-31' })).errors).toEqual(['PERIOD_INVALID until']);
  });

  test('changes, and nothing that is the same', async () => {
    const { id } = await world.tie('knows', a, b, { title: 'friend', externalRef: { system: 's', value: a } });
    const { errors } = await world.run(relationshipUpdate, { id: tieId(id), title: 'colleague', expectedVersion: 1 });
    expect(errors).toEqual([]);
    await world.run(relationshipUpdate, { id: tieId(id), title: 'colleague' });
    expect((await world.run(relationshipUpdate, { id: tieId(id), title: 'x', expectedVersion: 1 })).errors).toEqual([
      'VERSION_CONFLICT expectedVersion',
    ]);
    const events = (await world.events('relationship.updated')).filter((one) => one.subject_id === id);
    expect(events.map(({ data }) => data)).toEqual([{ before: { title: 'friend' }, after: { title: 'colleague' } }]);
    const other = await world.tie('knows', a, c);
    expect((await world.run(relationshipUpdate, { id: tieId(other.id), externalRef: { system: 's', value: a } })).errors).toEqual([
      'DUPLICATE externalRef',
    ]);
    await world.run(relationshipUpdate, { id: tieId(id), externalRef: null });
    expect((await world.run(relationshipUpdate, { id: tieId(other.id), externalRef: { system: 's', value: a } })).errors).toEqual([]);
  });
});

describe('families', () => {
  const familyOf = async (root: string) => {
    const rows = await world.rows<{ id: string }>(
      sql`select id from customers where id in (${descendantsSql(sql`${'subsidiary_of'}`, sql`${root}::uuid`, sql`${world.workspaceId}::uuid`)})`,
    );
    return rows.map(({ id }) => id).sort();
  };

  test('hold the root and everyone below it by active ties', async () => {
    const ab = await world.tie('subsidiary_of', b, a);
    await world.tie('subsidiary_of', c, b);
    await world.tie('knows', d, a);
    expect(await familyOf(a)).toEqual([a, b, c].sort());
    expect(await familyOf(c)).toEqual([c]);
    await world.run(relationshipUpdate, { id: tieId(ab.id), until: '2020-01-01' });
    expect(await familyOf(a)).toEqual([a]);
  });

  test('end where ties run in a circle all the same', async () => {
    const [kind] = await world.rows<{ id: string }>(sql`select id from relationship_kinds where key = 'subsidiary_of'`);
    await world.add('Relationship', { kindId: kind!.id, fromId: a, toId: b });
    await world.add('Relationship', { kindId: kind!.id, fromId: b, toId: a });
    expect(await familyOf(a)).toEqual([a, b].sort());
  });
});

describe('who sees and changes', () => {
  test('only those who see both customers', async () => {
    const owner = await world.add('User', { name: 'Olga' });
    await world.db.execute(sql`update customers set owner_id = ${owner} where id = any(${[a, b]}::uuid[])`);
    const own = world.viewer(
      {
        permissions: ['customers:read', 'customers:write', 'relationships:read', 'relationships:write', 'vocabularies:read'],
        rowScope: { customers: 'OWN' },
        hiddenFields: [],
      },
      { userId: owner },
    );
    const both = await world.tie('knows', a, b);
    const half = await world.tie('knows', a, c);
    const query = 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } relationships { nodes { id kind { key } from { id } to { id } } } }';
    const { data, errors } = await world.ask(query, { ids: [tieId(both.id), tieId(half.id)] }, own);
    expect(errors).toEqual([]);
    expect(data.nodes).toEqual([{ id: tieId(both.id) }, null]);
    expect(data.relationships.nodes).toEqual([{ id: tieId(both.id), kind: { key: 'knows' }, from: ref(a), to: ref(b) }]);
    expect((await world.run(relationshipUpdate, { id: tieId(half.id), title: 'x' }, own)).errors).toEqual(['NOT_FOUND id']);
    expect((await world.run(relationshipCreate, { kind: 'knows', from: ref(c), to: ref(a) }, own)).errors).toEqual(['NOT_FOUND from']);
    const blind = world.viewer({ permissions: ['relationships:read'], rowScope: {}, hiddenFields: [] });
    expect((await world.ask('{ relationships { nodes { id } } }', {}, blind)).data.relationships.nodes).toEqual([]);
  });

  test('lists are filtered, and a customer has those of both directions', async () => {
    await world.tie('knows', a, b);
    await world.tie('supplies', c, a);
    const query = `query ($a: ID!) {
      customer(by: { id: $a }) { relationships { nodes { kind { key } } } }
      from: relationships(filter: { from: { eq: $a } }) { nodes { kind { key } } }
      to: relationships(filter: { to: { eq: $a }, kind: { eq: "supplies" } }) { nodes { kind { key } } }
    }`;
    const { data, errors } = await world.ask(query, { a: ref(a).id });
    expect(errors).toEqual([]);
    const keys = (list: { nodes: { kind: { key: string } }[] }) => list.nodes.map((node) => node.kind.key);
    expect([keys(data.customer.relationships), keys(data.from), keys(data.to)]).toEqual([['knows', 'supplies'], ['knows'], ['supplies']]);
  });

  test('the mutations answer what they changed', async () => {
    const query = `mutation ($a: ID!, $b: ID!) {
      relationshipCreate(input: { kind: "knows", from: { id: $a }, to: { id: $b }, since: "2020-02-29" }) { relationship { since to { id } } userErrors { code } }
      relationshipsUpsert(input: { rows: [{ kind: "knows", from: { id: $a }, to: { id: $b } }, { kind: "knows", from: { id: $a }, to: { id: $a } }], onError: SKIP }) { unchanged rejected results { status } }
    }`;
    const { data, errors } = await world.ask(query, { a: ref(a).id, b: ref(b).id });
    expect(errors).toEqual([]);
    expect(data).toEqual({
      relationshipCreate: { relationship: { since: '2020-02-29', to: ref(b) }, userErrors: [] },
      relationshipsUpsert: { unchanged: 1, rejected: 1, results: [{ status: 'UNCHANGED' }, { status: 'REJECTED' }] },
    });
  });
});
