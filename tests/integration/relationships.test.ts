import fc from 'fast-check';
import sql from 'sql-template-tag';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { encodeId } from '../../src/graphql/ids.ts';
import { newId } from '../../src/lib/typeid.ts';
import { descendantsSql, relationshipArchive, relationshipCreate, relationshipRestore, relationshipsUpsert, relationshipUpdate } from '../../src/modules/relationships/index.ts';
import { createWorld, type World } from '../support/command-world.ts';

let world: World;
let a: string, b: string, c: string, d: string;
const ref = (customerId: string) => ({ id: encodeId('Customer', customerId) });
const tieId = (uuid: string) => encodeId('Relationship', uuid);

beforeAll(async () => {
  world = await createWorld();
  await world.add('RelationshipKind', { key: 'subsidiary_of', name: 'is a subsidiary of', inverseName: 'is the parent of', acyclic: true, exclusive: true });
  await world.add('RelationshipKind', { key: 'supplies', name: 'supplies', inverseName: 'is supplied by', acyclic: true });
  await world.add('RelationshipKind', { key: 'knows', name: 'knows', inverseName: 'knows' });
});
afterAll(() => world?.close());
beforeEach(async () => {
  [a, b, c, d] = (await world.customers('A', 'B', 'C', 'D')) as [string, string, string, string];
});

async function tie(kind: string, from: string, to: string, more: object = {}) {
  const { result, errors } = await world.run(relationshipCreate as never, { kind, from: ref(from), to: ref(to), ...more });
  return { id: (result as { id: string } | null)?.id ?? '', errors };
}

type Row = { kind: string; from: object; to: object; [field: string]: unknown };
async function upsert(rows: Row[], more: object = {}) {
  const { result, errors } = await world.run(relationshipsUpsert as never, { rows, onError: 'SKIP', ...more });
  const results = (result as { results: { status: string; id: string | null; userErrors: { code: string; path: string[] }[] }[] }).results;
  expect(errors).toEqual([]);
  return results.map(({ status, userErrors }) => [status, ...userErrors.map(({ code, path }) => `${code} ${path.join('.')}`)].join(' '));
}

describe('one relationship', () => {
  test('is made once, with its event', async () => {
    const made = await tie('knows', a, b, { title: 'friend', since: '2020-01-01' });
    expect(made.errors).toEqual([]);
    expect((await tie('knows', a, b)).errors).toEqual(['DUPLICATE']);
    const [event] = (await world.events('relationship.created')).filter((one) => one.subject_id === made.id);
    expect(event).toMatchObject({ customer_id: a, data: { after: { fromId: a, toId: b, title: 'friend', since: '2020-01-01' } } });
  });

  test('names what it cannot find', async () => {
    const { errors } = await world.run(relationshipCreate as never, { kind: 'none', from: { identity: { kind: 'EMAIL', value: 'nobody@example.com' } }, to: ref(newId()) });
    expect(errors).toEqual(['NOT_FOUND kind', 'NOT_FOUND from', 'NOT_FOUND to']);
    expect((await tie('knows', a, b, { nonsense: 1 })).errors).toEqual(['UNKNOWN_FIELD']);
  });

  test('to itself and with an end before its begin is refused', async () => {
    expect((await tie('knows', a, a)).errors).toEqual(['RELATIONSHIP_TO_ITSELF to']);
    expect((await tie('knows', a, b, { since: '2024-02-01', until: '2024-01-31' })).errors).toEqual(['PERIOD_INVALID until']);
  });

  test('changes, and nothing that is the same', async () => {
    const { id } = await tie('knows', a, b, { title: 'friend', externalRef: { system: 's', value: a } });
    const { errors } = await world.run(relationshipUpdate as never, { id: tieId(id), title: 'colleague', expectedVersion: 1 });
    expect(errors).toEqual([]);
    await world.run(relationshipUpdate as never, { id: tieId(id), title: 'colleague' });
    expect((await world.run(relationshipUpdate as never, { id: tieId(id), title: 'x', expectedVersion: 1 })).errors).toEqual(['VERSION_CONFLICT expectedVersion']);
    const events = (await world.events('relationship.updated')).filter((one) => one.subject_id === id);
    expect(events.map(({ data }) => data)).toEqual([{ before: { title: 'friend' }, after: { title: 'colleague' } }]);
    const other = await tie('knows', a, c);
    expect((await world.run(relationshipUpdate as never, { id: tieId(other.id), externalRef: { system: 's', value: a } })).errors).toEqual(['DUPLICATE externalRef']);
    await world.run(relationshipUpdate as never, { id: tieId(id), externalRef: null });
    expect((await world.run(relationshipUpdate as never, { id: tieId(other.id), externalRef: { system: 's', value: a } })).errors).toEqual([]);
  });
});

describe('rules of kinds', () => {
  test('a circle is refused, however long, and where nothing forbids it is not', async () => {
    await tie('supplies', a, b);
    await tie('supplies', b, c);
    expect((await tie('supplies', c, a)).errors).toEqual(['RELATIONSHIP_CYCLE to']);
    expect((await tie('supplies', b, a)).errors).toEqual(['RELATIONSHIP_CYCLE to']);
    expect((await tie('supplies', a, c)).errors).toEqual([]);
    await tie('knows', a, b);
    expect((await tie('knows', b, a)).errors).toEqual([]);
  });

  test('a second parent is refused while the first tie is active', async () => {
    const first = await tie('subsidiary_of', a, b);
    expect((await tie('subsidiary_of', a, c)).errors).toEqual(['RELATIONSHIP_EXCLUSIVE to']);
    expect((await world.run(relationshipUpdate as never, { id: tieId(first.id), until: '2020-12-31' })).errors).toEqual([]);
    const second = await tie('subsidiary_of', a, c);
    expect(second.errors).toEqual([]);
    expect((await world.run(relationshipUpdate as never, { id: tieId(first.id), until: null })).errors).toEqual(['RELATIONSHIP_EXCLUSIVE to']);
  });

  test('an archived tie does not count, and comes back only where it fits', async () => {
    const first = await tie('supplies', a, b);
    await world.run(relationshipArchive as never, { id: tieId(first.id) });
    expect((await tie('supplies', b, a)).errors).toEqual([]);
    expect((await world.run(relationshipRestore as never, { id: tieId(first.id) })).errors).toEqual(['RELATIONSHIP_CYCLE to']);
    const events = (await world.events()).filter((one) => one.subject_id === first.id).map((one) => one.type);
    expect(events).toEqual(['relationship.created', 'relationship.archived']);
  });

  test('two transactions at once cannot close a circle together, though no customer is common to both', async () => {
    await tie('supplies', a, b);
    await tie('supplies', c, d);
    // Lets both read what there is, and holds up whoever writes until both wait.
    const gate = await world.db.pool.connect();
    await gate.query('begin; lock table relationships in share mode');
    const both = Promise.all([tie('supplies', b, c), tie('supplies', d, a)]);
    await vi.waitUntil(async () => (await world.rows(sql`select from pg_locks where not granted and database = (select oid from pg_database where datname = current_database())`)).length === 2, 10_000);
    await gate.query('commit');
    gate.release();
    expect((await both).flatMap(({ errors }) => errors)).toEqual(['RELATIONSHIP_CYCLE to']);
  });
});

describe('upsert', () => {
  const row = (kind: string, from: string, to: string, more: object = {}): Row => ({ kind, from: ref(from), to: ref(to), ...more });

  test('the same rows again change nothing', async () => {
    const rows = [row('subsidiary_of', a, b, { title: 'since 1990' }), row('subsidiary_of', b, c), row('knows', a, c, { externalRef: { system: 'x', value: newId() } })];
    expect(await upsert(rows)).toEqual(['CREATED', 'CREATED', 'CREATED']);
    const before = (await world.events()).length;
    expect(await upsert(rows)).toEqual(['UNCHANGED', 'UNCHANGED', 'UNCHANGED']);
    expect((await world.events()).length).toBe(before);
    expect(await upsert([row('subsidiary_of', a, b, { title: 'sold' })])).toEqual(['UPDATED']);
  });

  test('the same tie in other words in one call is one tie', async () => {
    await world.add('Identity', { customerId: a, kind: 'EXTERNAL', system: 'erp', value: a, original: a });
    const named = { kind: 'knows', from: { externalId: { system: 'erp', value: a } }, to: ref(b), title: 'later' };
    expect(await upsert([row('knows', a, b), named])).toEqual(['CREATED', 'UPDATED']);
  });

  test('an external reference moves its tie, and makes room for another', async () => {
    const externalRef = { system: 'x', value: newId() };
    await upsert([row('subsidiary_of', a, b, { externalRef })]);
    expect(await upsert([row('subsidiary_of', a, c, { externalRef }), row('knows', a, b)])).toEqual(['UPDATED', 'CREATED']);
    expect(await upsert([row('subsidiary_of', a, d, { externalRef }), row('subsidiary_of', a, c)])).toEqual(['UPDATED', 'REJECTED RELATIONSHIP_EXCLUSIVE rows.1.to']);
    const ties = await world.rows<{ to_id: string }>(sql`select to_id from relationships where external_id = ${externalRef.value}`);
    expect(ties).toEqual([{ to_id: d }]);
  });

  test('a reference of one tie on another is a duplicate', async () => {
    const externalRef = { system: 'x', value: newId() };
    await upsert([row('knows', a, b, { externalRef }), row('knows', a, c)]);
    expect(await upsert([row('knows', a, c, { externalRef })])).toEqual(['REJECTED DUPLICATE rows.0']);
  });

  test('a circle and a second parent within one batch are refused, row by row', async () => {
    const results = await upsert([row('supplies', a, b), row('supplies', b, c), row('supplies', c, a), row('subsidiary_of', a, b), row('subsidiary_of', a, c), row('supplies', d, d)]);
    expect(results).toEqual(['CREATED', 'CREATED', 'REJECTED RELATIONSHIP_CYCLE rows.2.to', 'CREATED', 'REJECTED RELATIONSHIP_EXCLUSIVE rows.4.to', 'REJECTED RELATIONSHIP_TO_ITSELF rows.5.to']);
  });

  test('ABORT and a dry run leave nothing', async () => {
    expect(await upsert([row('knows', a, b), row('knows', c, c)], { onError: 'ABORT' })).toEqual(['ABORTED', 'REJECTED RELATIONSHIP_TO_ITSELF rows.1.to']);
    expect(await upsert([row('knows', a, b)], { dryRun: true })).toEqual(['CREATED']);
    expect(await world.rows(sql`select from relationships where from_id = ${a}`)).toEqual([]);
  });

  test('500 rows cost a bounded number of statements', async () => {
    const many = await world.customers(...Array.from({ length: 501 }, (_one, i) => `M${i}`));
    const rows = many.slice(1).map((from, i) => row('subsidiary_of', from, many[i]!));
    let statements = 0;
    const counted = { ...world.db, transaction: (fn: (tx: any) => Promise<any>) => world.db.transaction((tx) => fn({ ...tx, query: (s: never) => (statements++, tx.query(s)), execute: (s: never) => (statements++, tx.execute(s)) })) };
    const { runCommand } = await import('../../src/commands/command.ts');
    const { result } = await runCommand({ db: counted as never, viewer: world.viewer(), requestId: 'test' }, relationshipsUpsert, { rows });
    expect(result!.results.every(({ status }) => status === 'CREATED')).toBe(true);
    expect(statements).toBeLessThan(15);
    const family = await world.rows(sql`${descendantsSql(sql`${'subsidiary_of'}`, sql`${many[0]}`, sql`${world.workspaceId}::uuid`)}`);
    expect(family.length).toBe(21);
  });
});

describe('families', () => {
  const familyOf = async (root: string) => {
    const rows = await world.rows<{ id: string }>(sql`select id from customers where id in (${descendantsSql(sql`${'subsidiary_of'}`, sql`${root}::uuid`, sql`${world.workspaceId}::uuid`)})`);
    return rows.map(({ id }) => id).sort();
  };

  test('hold the root and everyone below it by active ties', async () => {
    const ab = await tie('subsidiary_of', b, a);
    await tie('subsidiary_of', c, b);
    await tie('knows', d, a);
    expect(await familyOf(a)).toEqual([a, b, c].sort());
    expect(await familyOf(c)).toEqual([c]);
    await world.run(relationshipUpdate as never, { id: tieId(ab.id), until: '2020-01-01' });
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
    const own = world.viewer({ permissions: ['customers:read', 'customers:write', 'relationships:read', 'relationships:write', 'vocabularies:read'], rowScope: { customers: 'OWN' }, hiddenFields: [] }, { userId: owner });
    const both = await tie('knows', a, b);
    const half = await tie('knows', a, c);
    const query = 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } relationships { nodes { id kind { key } from { id } to { id } } } }';
    const { data, errors } = await world.ask(query, { ids: [tieId(both.id), tieId(half.id)] }, own);
    expect(errors).toEqual([]);
    expect(data.nodes).toEqual([{ id: tieId(both.id) }, null]);
    expect(data.relationships.nodes).toEqual([{ id: tieId(both.id), kind: { key: 'knows' }, from: ref(a), to: ref(b) }]);
    expect((await world.run(relationshipUpdate as never, { id: tieId(half.id), title: 'x' }, own)).errors).toEqual(['NOT_FOUND id']);
    expect((await world.run(relationshipCreate as never, { kind: 'knows', from: ref(c), to: ref(a) }, own)).errors).toEqual(['NOT_FOUND from']);
    const blind = world.viewer({ permissions: ['relationships:read'], rowScope: {}, hiddenFields: [] });
    expect((await world.ask('{ relationships { nodes { id } } }', {}, blind)).data.relationships.nodes).toEqual([]);
  });

  test('lists are filtered, and a customer has those of both directions', async () => {
    await tie('knows', a, b);
    await tie('supplies', c, a);
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

test('no random concurrent commands ever leave a circle or a second parent', async () => {
  const who = fc.integer({ min: 0, max: 4 });
  const pair = fc.tuple(fc.constantFrom('supplies', 'subsidiary_of'), who, who);
  const change = fc.oneof(
    fc.record({ do: fc.constant('create' as const), tie: pair, ended: fc.boolean() }),
    fc.record({ do: fc.constant('upsert' as const), ties: fc.array(pair, { minLength: 1, maxLength: 5 }), ref: fc.option(fc.integer({ min: 0, max: 3 })) }),
    fc.record({ do: fc.constantFrom('archive' as const, 'restore' as const, 'end' as const, 'reopen' as const), nth: fc.nat(20) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(change, { minLength: 2, maxLength: 6 }), { minLength: 1, maxLength: 5 }), async (rounds) => {
      const people = await world.customers('V', 'W', 'X', 'Y', 'Z');
      const row = ([kind, from, to]: [string, number, number], more: object = {}) => ({ kind, from: ref(people[from]!), to: ref(people[to]!), ...more });
      for (const round of rounds) {
        const ids = (await world.rows<{ id: string }>(sql`select id from relationships where from_id = any(${people}::uuid[]) order by id`)).map(({ id }) => tieId(id));
        await Promise.all(
          round.map((one) => {
            if (one.do === 'create') return world.run(relationshipCreate as never, row(one.tie, one.ended ? { until: '2020-01-01' } : {}));
            if (one.do === 'upsert') {
              const externalRef = one.ref === null ? {} : { externalRef: { system: people[0], value: String(one.ref) } };
              return world.run(relationshipsUpsert as never, { rows: one.ties.map((each, i) => row(each, i === 0 ? externalRef : {})), onError: 'SKIP' });
            }
            const id = ids[one.nth % (ids.length || 1)];
            if (!id) return null;
            if (one.do === 'archive') return world.run(relationshipArchive as never, { id });
            if (one.do === 'restore') return world.run(relationshipRestore as never, { id });
            return world.run(relationshipUpdate as never, { id, until: one.do === 'end' ? '2020-01-01' : null });
          }),
        );
      }
      const circles = await world.rows(sql`
        with recursive active as (select * from relationships where from_id = any(${people}::uuid[]) and archived_at is null and (until is null or until >= current_date)),
        walk (kind_id, start, at) as (select kind_id, from_id, to_id from active union select w.kind_id, w.start, r.to_id from walk w join active r on r.from_id = w.at and r.kind_id = w.kind_id)
        select from walk where start = at`);
      const second = await world.rows(sql`select from relationships r join relationship_kinds k on k.id = r.kind_id and k.exclusive
        where from_id = any(${people}::uuid[]) and r.archived_at is null and (until is null or until >= current_date) group by r.kind_id, from_id having count(*) > 1`);
      expect([circles.length, second.length]).toEqual([0, 0]);
    }),
    { numRuns: 25 },
  );
});
