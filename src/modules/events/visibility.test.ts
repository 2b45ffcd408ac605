// Which events a role sees: the same in pages and in live batches, whatever its row scope.
import sql from 'sql-template-tag';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestDomain, type TestDomain } from '../../../tests/support/domain.ts';
import { viewerWith } from '../../../tests/support/viewers.ts';
import type { RoleDefinition } from '../../auth/permissions.ts';
import type { Viewer } from '../../auth/viewer.ts';
import { createEvents, type EventRow, type Events, readEvents } from '../../events/index.ts';
import { encodeId } from '../../graphql/ids.ts';
import { buildSchema } from '../../graphql/schema.ts';
import { createReader } from '../../query/reader.ts';
import { userCreate } from '../access/users.commands.ts';
import { customerCreate, customerUpdate } from '../customers/customers.commands.ts';
import { customerErase } from '../customers/erase.command.ts';
import { interactionRecord } from '../interactions/index.ts';
import { presentData } from './present.ts';
import { visibleEvents } from './visibility.ts';
import { onlyVisible } from './visible-live.ts';

let domain: TestDomain;
let events: Events;
let owner: string;
let all: EventRow[];

beforeAll(async () => {
  buildSchema();
  domain = await createTestDomain();
  const silent = { info() {}, warn() {}, error() {} };
  events = createEvents(domain.db, { log: silent });
  events.start();
  owner = (await domain.done(userCreate, { name: 'Owner' })).id;
  const make = (displayName: string, more: object = {}) =>
    domain.done(customerCreate, { displayName, ...more }).then((made) => encodeId('Customer', made.id));
  const mine = await make('mine', { owner: { id: encodeId('User', owner) }, birthDate: '1990-01-01' });
  const others = await make('others');
  const gone = await make('gone', { owner: { id: encodeId('User', owner) } });
  for (const id of [mine, others]) {
    await domain.done(customerUpdate, { id, city: 'Rome' });
    await domain.done(interactionRecord, { customer: { id }, kind: 'call', channel: 'phone', direction: 'INBOUND', subject: 'x' });
  }
  await domain.done(customerErase, { id: gone, confirm: 'erase' });
  await events.drained();
  all = await readEvents(domain.db, { workspaceId: domain.workspaceId, after: 0n, limit: 500 });
});
afterAll(async () => {
  await events?.stop();
  await domain?.stop();
});

/** What a role sees by reading the log, and by having its batches cut. */
async function seenBy(role: Partial<RoleDefinition>, more: Partial<Viewer> = {}): Promise<string[]> {
  const viewer = viewerWith(domain.viewer, { ...role, permissions: ['events:read', ...(role.permissions ?? [])] }, more);
  const read = await readEvents(domain.db, { workspaceId: domain.workspaceId, after: 0n, visible: visibleEvents(viewer), limit: 500 });
  const cut = await onlyVisible(createReader(domain.db, viewer), all);
  expect(cut.map((event) => event.seq)).toEqual(read.map((event) => event.seq));
  return cut.filter((event) => event.customerId).map((event) => event.type);
}

describe('a role sees events', () => {
  test('of what it may read', async () => {
    expect((await seenBy({ permissions: ['*'] })).length).toBe(all.filter((event) => event.customerId).length);
    expect(new Set(await seenBy({ permissions: ['interactions:read', 'customers:read'] }))).toEqual(
      new Set(['customer.created', 'customer.updated', 'customer.erased', 'interaction.recorded']),
    );
    expect(new Set(await seenBy({ permissions: ['interactions:read'] }))).toEqual(new Set(['interaction.recorded']));
    expect(await seenBy({ permissions: ['users:read'] })).toEqual([]);
  });

  test('of the rows in its scope, where whatever is gone is out of it', async () => {
    const scope = { permissions: ['customers:read', 'interactions:read'], rowScope: { customers: 'OWN' as const } };
    expect(await seenBy(scope, { userId: owner })).toEqual(['customer.created', 'customer.updated', 'interaction.recorded']);
    expect(await seenBy(scope)).toEqual([]);
    const contacts = { permissions: ['customers:read', 'interactions:read'], rowScope: { interactions: 'OWN' as const } };
    expect((await seenBy(contacts, { userId: owner })).filter((type) => type.startsWith('interaction.'))).toHaveLength(1);
    expect((await seenBy(contacts, { userId: owner })).filter((type) => type.startsWith('customer.')).length).toBeGreaterThan(4);
  });

  test('only with events:read', async () => {
    const viewer = viewerWith(domain.viewer, { permissions: ['customers:read'] });
    expect(await onlyVisible(createReader(domain.db, viewer), all)).toEqual([]);
  });
});

test('its data come without the hidden fields, under any name that shows them', () => {
  const created = all.find(
    (event) => event.type === 'customer.created' && event.data.after && 'birthDate' in (event.data.after as object),
  )!;
  const whole = presentData(domain.viewer, created) as { after: Record<string, unknown> };
  expect(whole.after).toMatchObject({ birthDate: '1990-01-01', ownerId: encodeId('User', owner) });
  const blind = viewerWith(domain.viewer, { permissions: ['*'], hiddenFields: ['Customer.birthDate', 'Customer.owner'] });
  const { after } = presentData(blind, created) as { after: Record<string, unknown> };
  expect(
    Object.keys(whole.after)
      .filter((name) => !(name in after))
      .sort(),
  ).toEqual(['birthDate', 'ownerId']);
  expect(presentData(domain.viewer, { ...created, subjectType: 'Forgotten' })).toEqual({});
});

test('redacted events are seen as such', async () => {
  const rows = await domain.db.query<{ data: object }>(sql`select data from events where type = 'customer.erased'`);
  expect(rows).toEqual([{ data: { erased: true } }]);
});
