// Row scopes of writers: what a role may not touch it does not touch, by any command and under any name.
import sql from 'sql-template-tag';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createTestDomain, type TestDomain } from '../../../tests/support/domain.ts';
import { viewerWith } from '../../../tests/support/viewers.ts';
import type { RoleDefinition } from '../../auth/permissions.ts';
import type { Viewer } from '../../auth/viewer.ts';
import type { Command } from '../../commands/command.ts';
import { decodeId, encodeId } from '../../graphql/ids.ts';
import { newId } from '../../lib/typeid.ts';
import { userCreate } from '../access/users.commands.ts';
import { conversationClose, interactionRecord, interactionsRecord } from '../interactions/index.ts';
import { customerMoveToStage } from '../lifecycle/index.ts';
import { customerArchive, customerCreate, customerUpdate } from './customers.commands.ts';
import { customerErase } from './erase.command.ts';
import { identityAdd, identityRemove, needCommands, preferenceCommands } from './knowledge.commands.ts';
import { customersUpsert } from './upsert.command.ts';

let domain: TestDomain;
let owner: string;
let mine: string;
let theirs: string;

beforeAll(async () => {
  domain = await createTestDomain();
  owner = (await domain.done(userCreate, { name: 'Owner' })).id;
});
afterAll(() => domain?.stop());
beforeEach(async () => {
  const make = (name: string, more: object) =>
    domain.done(customerCreate, { displayName: name, identities: [email(name)], ...more }).then(({ id }) => encodeId('Customer', id));
  const tag = newId();
  mine = await make(`mine-${tag}@example.org`, { owner: { id: encodeId('User', owner) } });
  theirs = await make(`theirs-${tag}@example.org`, {});
});

const email = (value: string) => ({ kind: 'EMAIL', value });
const as = (rowScope: RoleDefinition['rowScope']): Viewer => viewerWith(domain.viewer, { permissions: ['*'], rowScope }, { userId: owner });
const codes = async <I, R>(viewer: Viewer, command: Command<I, R>, input: object) =>
  (await domain.run(command, input, viewer)).userErrors.map((error) => error.code);
const contact = (id: string, more: object = {}) => ({ customer: { id }, kind: 'call', channel: 'phone', direction: 'INBOUND', ...more });

/** Everything a role can do to a customer; answers the codes of the refusals. */
async function attempts(viewer: Viewer, id: string): Promise<Record<string, string[]>> {
  const [identity] = await domain.db.query<{ id: string; value: string }>(
    sql`select i.id, i.value from identities i join customers c on c.id = i.customer_id where c.id = ${decodeId(id, 'Customer')}::uuid`,
  );
  const preference = encodeId(
    'Preference',
    (await domain.done(preferenceCommands.add, { customer: { id }, topic: 't', value: 'v', basis: 'STATED' })).id,
  );
  const thread = { externalId: { system: 'reach', value: newId() } };
  await domain.done(interactionRecord, contact(id, { conversation: thread }));
  const [conversation] = await domain.db.query<{ id: string }>(
    sql`select id from conversations where external_id = ${thread.externalId.value}`,
  );
  const upsert = await domain.run(customersUpsert, { rows: [{ identities: [email(identity!.value)], city: 'X' }] }, viewer);
  return {
    update: await codes(viewer, customerUpdate, { id, city: 'Y' }),
    archive: await codes(viewer, customerArchive, { id }),
    move: await codes(viewer, customerMoveToStage, { customer: { id }, stage: 'loyal' }),
    identityAdd: await codes(viewer, identityAdd, { customer: { id }, identity: email(`${newId()}@example.org`) }),
    identityRemove: await codes(viewer, identityRemove, { id: encodeId('Identity', identity!.id) }),
    needAdd: await codes(viewer, needCommands.add, { customer: { id }, topic: 't', value: 'v', basis: 'STATED' }),
    preferenceUpdate: await codes(viewer, preferenceCommands.update, { id: preference, value: 'w' }),
    record: await codes(viewer, interactionRecord, contact(id)),
    close: await codes(viewer, conversationClose, { id: encodeId('Conversation', conversation!.id) }),
    upsert: upsert.result!.results[0]!.userErrors.map((error) => error.code),
    erase: await codes(viewer, customerErase, { id, confirm: 'erase' }),
  };
}

/** Which of the attempts were refused. */
const refused = async (viewer: Viewer, id: string) =>
  Object.entries(await attempts(viewer, id)).flatMap(([name, found]) => (found.length > 0 ? [name] : []));
const customerChanges = ['update', 'archive', 'move', 'identityAdd', 'identityRemove', 'needAdd', 'preferenceUpdate', 'upsert', 'erase'];

describe('a role that', () => {
  test('sees only its own touches only its own', async () => {
    expect(await refused(as({ customers: 'OWN' }), mine)).toEqual([]);
    const found = await attempts(as({ customers: 'OWN' }), theirs);
    expect(found.upsert).toEqual(['NOT_VISIBLE']);
    for (const [name, errors] of Object.entries(found)) if (name !== 'upsert') expect([name, errors]).toEqual([name, ['NOT_FOUND']]);
  });

  test('sees all but writes its own touches only its own, and may still record contacts with anyone', async () => {
    const viewer = as({ 'customers:write': 'OWN', 'customers:erase': 'OWN' });
    expect(await refused(viewer, mine)).toEqual([]);
    expect((await refused(viewer, theirs)).sort()).toEqual([...customerChanges].sort());
  });

  test('records contacts with its own only, but may change all customers', async () => {
    const viewer = as({ 'interactions:write': 'OWN', 'conversations:write': 'OWN' });
    expect(await refused(viewer, mine)).toEqual([]);
    expect(await refused(viewer, theirs)).toEqual(['record', 'close']);
  });

  test('has no scope touches all', async () => {
    expect(await refused(as({}), theirs)).toEqual([]);
  });
});

test('a customer made under a scope is its maker’s, named or not', async () => {
  const viewer = as({ 'customers:write': 'OWN' });
  const made = await domain.run(customerCreate, { displayName: 'New' }, viewer);
  expect(await codes(viewer, customerUpdate, { id: encodeId('Customer', made.result!.id), city: 'X' })).toEqual([]);
  const scoped = as({ customers: 'OWN' });
  const unknown = { ...contact(mine), customer: { identity: email(`${newId()}@example.org`) } };
  expect(await codes(scoped, interactionRecord, unknown)).toEqual([]);
  expect(await codes(scoped, interactionRecord, unknown)).toEqual([]);
});

test('an interaction with somebody out of reach is not taken over by its reference', async () => {
  const externalRef = { system: 'reach', value: newId() };
  await domain.done(interactionRecord, contact(theirs, { externalRef, subject: 'theirs' }));
  const viewer = as({ customers: 'OWN' });
  expect(await codes(viewer, interactionRecord, contact(mine, { externalRef, subject: 'stolen' }))).toEqual(['NOT_VISIBLE']);
  const { result } = await domain.run(
    interactionsRecord,
    { rows: [contact(mine, { externalRef, subject: 'stolen' }), contact(mine)], onError: 'SKIP' },
    viewer,
  );
  expect(result!.results.map((row) => row.status)).toEqual(['REJECTED', 'CREATED']);
  expect(await domain.db.query(sql`select subject, version from interactions where external_id = ${externalRef.value}`)).toEqual([
    { subject: 'theirs', version: 1 },
  ]);
  expect(await codes(as({}), interactionRecord, contact(mine, { externalRef, subject: 'moved' }))).toEqual([]);
});
