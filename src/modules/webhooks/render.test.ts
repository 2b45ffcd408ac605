// Bodies of batches: what the credential sees of them, in how many statements.
import sql from 'sql-template-tag';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { countStatements } from '../../../tests/support/counting.ts';
import { createTestDomain, type TestDomain } from '../../../tests/support/domain.ts';
import { viewerWith } from '../../../tests/support/viewers.ts';
import './webhooks.schema.ts';
import type { RoleDefinition } from '../../auth/permissions.ts';
import type { Viewer } from '../../auth/viewer.ts';
import { UserErrors } from '../../commands/user-errors.ts';
import { createEvents, type EventRow, type Events, readEvents } from '../../events/index.ts';
import { encodeId } from '../../graphql/ids.ts';
import { buildSchema } from '../../graphql/schema.ts';
import { userCreate } from '../access/index.ts';
import { customerCreate, customerUpdate } from '../customers/customers.commands.ts';
import { openSubscription } from './document.ts';
import { messageIdOf } from './message-id.ts';
import { MOST_BODY, renderEvents } from './render.ts';

let domain: TestDomain;
let events: Events;
let owner: string;
let created: EventRow[];
let updated: EventRow[];

const BATCH = 100;

beforeAll(async () => {
  buildSchema();
  domain = await createTestDomain();
  const silent = { info() {}, warn() {}, error() {} };
  events = createEvents(domain.db, { log: silent });
  events.start();
  owner = (await domain.done(userCreate, { name: 'Owner' })).id;
  for (let i = 0; i < BATCH; i++) {
    const mine = i % 10 === 0 ? { owner: { id: encodeId('User', owner) } } : {};
    const { id } = await domain.done(customerCreate, { displayName: `c${i}`, city: 'Bonn', ...mine });
    if (i < 3)
      await domain.done(customerUpdate, { id: encodeId('Customer', id), ...(i === 0 ? { birthDate: '1990-01-01' } : { city: 'Rome' }) });
  }
  await events.drained();
  const read = (type: string) => readEvents(domain.db, { workspaceId: domain.workspaceId, types: [type], after: 0n, limit: 500 });
  [created, updated] = await Promise.all([read('customer.created'), read('customer.updated')]);
});
afterAll(async () => {
  await events?.stop();
  await domain?.stop();
});

const viewerOf = (role: Partial<RoleDefinition>, more: Partial<Viewer> = {}) => viewerWith(domain.viewer, role, more);
const all = { permissions: ['*'] };
const stored = (document: string, variables = {}) => ({ document, variables, ignoreOrigins: [] as string[] });
const selection = `... on Event { type subject { ... on Customer { displayName birthDate owner { name } identities(first: 2) { nodes { value } } } } }`;
const everything = stored(`subscription ($types: [String!]) { events(types: $types) { ${selection} } }`, { types: ['customer.created'] });

async function bodies(webhook: ReturnType<typeof stored>, viewer: Viewer, of: EventRow[]) {
  const rendered = await renderEvents(domain.db, webhook, viewer, of);
  return rendered.map((one) => one && JSON.parse(one.body));
}

test('a batch takes as many statements as one event, over a connection of its own and in a transaction', async () => {
  const counted = async (of: EventRow[]) => {
    const { db, count } = countStatements(domain.db);
    const rendered = await renderEvents(db, everything, viewerOf(all), of);
    expect(rendered.map((one) => one && JSON.parse(one.body).data.events.subject.displayName)).toEqual(
      of.map((event) => (event.data.after as { displayName: string }).displayName),
    );
    return count();
  };
  expect(created).toHaveLength(BATCH);
  const one = await counted(created.slice(0, 1));
  expect(await counted(created)).toBe(one);
  expect(one).toBeLessThan(5);
  const { db, count } = countStatements(domain.db);
  const inside = await db.transaction((tx) => renderEvents(tx, everything, viewerOf(all), created));
  expect(inside).toEqual(await renderEvents(domain.db, everything, viewerOf(all), created));
  expect(count()).toBe(one);
});

test('a typed feed of many events of one row reads it once', async () => {
  const customer = created[0]!.subjectId;
  const webhook = stored('subscription ($id: ID!) { customerChanged(id: $id) { displayName city } }', {
    id: encodeId('Customer', customer),
  });
  const { db, count } = countStatements(domain.db);
  const of = [created[0]!, updated[0]!];
  const told = await renderEvents(db, webhook, viewerOf(all), of);
  expect(told.map((one) => JSON.parse(one!.body).data)).toEqual(Array(2).fill({ customerChanged: { displayName: 'c0', city: 'Bonn' } }));
  expect(count()).toBeLessThan(4);
});

describe('a role', () => {
  test('gets its rows only, and of them what is not hidden', async () => {
    const scope = {
      permissions: ['events:read', 'customers:read'],
      rowScope: { customers: 'OWN' as const },
      hiddenFields: ['Customer.birthDate'],
    };
    const told = await bodies(everything, viewerOf(scope, { userId: owner }), created);
    expect(told.filter((body) => body !== null)).toHaveLength(BATCH / 10);
    for (const body of told) {
      if (!body) continue;
      expect(body.event).toMatchObject({ subjectType: 'Customer', customerId: body.event.subjectId, actor: { kind: 'SYSTEM', id: null } });
      expect(body.event.changed).toContain('displayName');
      expect(body.data.events.subject).toMatchObject({ birthDate: null, owner: null });
    }
    const [hidden] = await bodies(everything, viewerOf(scope, { userId: owner }), [updated[0]!]);
    expect(hidden.event.changed).toEqual([]);
    const [shown] = await bodies(everything, viewerOf(all), [updated[0]!]);
    expect(shown.event.changed).toEqual(['birthDate']);
  });

  test('learns of a customer whom it sees, and not what happened where it may not look', async () => {
    const webhook = stored('subscription ($id: ID!) { customerChanged(id: $id) { displayName } }', {
      id: encodeId('Customer', created[0]!.subjectId),
    });
    const elsewhere = { ...created[0]!, type: 'opportunity.created', subjectType: 'Opportunity' };
    const [body] = await bodies(webhook, viewerOf({ permissions: ['customers:read'] }), [elsewhere]);
    expect(body).toMatchObject({
      type: 'customer.changed',
      event: { subjectType: 'Customer', changed: [], actor: null, origin: null, requestId: null },
      data: { customerChanged: { displayName: 'c0' } },
    });
    expect(JSON.stringify(body)).not.toContain('pportunity');
  });

  test('without the permission of a feed opens none', () => {
    expect(() => openSubscription(viewerOf({ permissions: ['customers:read'] }), everything)).toThrow(UserErrors);
  });
});

test('what an origin to be ignored caused is not told', async () => {
  const own = { ...created[1]!, origin: 'erp' };
  const told = await bodies({ ...everything, ignoreOrigins: ['erp', 'other'] }, viewerOf(all), [created[0]!, own, created[2]!]);
  expect(told.map((body) => body?.data.events.subject.displayName)).toEqual(['c0', undefined, 'c2']);
  expect((await bodies({ ...everything, ignoreOrigins: ['other'] }, viewerOf(all), [own]))[0].event.origin).toBe('erp');
});

test('a filter on changed fields tells of those changes only', async () => {
  const webhook = stored('subscription { events(types: ["customer.updated"], changed: ["city"]) { ... on Event { data } } }');
  const told = await bodies(webhook, viewerOf(all), updated);
  expect(told.map((body) => body?.event.changed ?? null)).toEqual([null, ['city'], ['city']]);
});

test('a body that is too long is sent without its data', async () => {
  const long = 'x'.repeat(25_000);
  await domain.db.execute(sql`update customers set display_name = ${long} where id = ${created[5]!.subjectId}::uuid`);
  const aliases = Array.from({ length: 11 }, (_, i) => `a${i}: displayName`).join(' ');
  const webhook = stored(`subscription { events { ... on Event { subject { ... on Customer { ${aliases} } } } } }`);
  const [rendered] = await renderEvents(domain.db, webhook, viewerOf(all), [created[5]!]);
  expect(rendered!.body.length).toBeLessThan(MOST_BODY);
  expect(JSON.parse(rendered!.body)).toMatchObject({
    type: 'customer.created',
    data: null,
    errors: [{ extensions: { code: 'COST_EXCEEDED', limit: 'webhookBody' } }],
  });
});

test('a bug is told as one, without its message', async () => {
  const bugs: unknown[] = [];
  const broken = { ...domain.db, query: () => Promise.reject(new Error('secret table is gone')) };
  const webhook = stored('subscription { events { ... on Event { type subject { id } } } }');
  const [rendered] = await renderEvents(broken, webhook, viewerOf(all), [created[0]!], { onBug: (bug) => bugs.push(bug) });
  const body = JSON.parse(rendered!.body);
  expect(body.errors).toEqual([
    { message: 'Something went wrong here.', path: ['events', 'subject'], extensions: { code: 'INTERNAL_SERVER_ERROR' } },
  ]);
  expect(body.data.events).toMatchObject({ type: 'customer.created', subject: null });
  expect(bugs).toEqual([expect.objectContaining({ message: 'secret table is gone' })]);
});

test('an event has one message id for a webhook, and another for every other', () => {
  const [a, b] = [created[0]!.id, created[1]!.id];
  expect(messageIdOf(a, b)).toBe(messageIdOf(a, b));
  expect(new Set([messageIdOf(a, b), messageIdOf(b, a), messageIdOf(a, a)]).size).toBe(3);
  expect(messageIdOf(a, b)).toMatch(/^msg_[0-9a-f]{32}$/);
});
