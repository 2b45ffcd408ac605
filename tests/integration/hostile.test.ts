// Input that no client should send, case by case: each is refused with its code, and nothing is half-written.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Answer, postQuery, startTestServer, type TestServer } from '../support/server.ts';
import { tableCounts } from '../support/table-counts.ts';

let server: TestServer;
const known: Record<string, string> = {};

beforeAll(async () => {
  server = await startTestServer();
  const make = async (mutation: string, input: object, field: string) => {
    const type = `${mutation[0]!.toUpperCase()}${mutation.slice(1)}Input!`;
    const { data } = await server.query(
      `mutation ($input: ${type}) { ${mutation}(input: $input) { ${field} { id } userErrors { code path } } }`,
      { input },
    );
    return data[mutation][field].id as string;
  };
  known.customer = await make('customerCreate', { displayName: 'Ada', externalId: { system: 'erp', value: '1' } }, 'customer');
  known.other = await make('customerCreate', { displayName: 'Bob', externalId: { system: 'erp', value: '2' } }, 'customer');
  await make(
    'attributeDefinitionCreate',
    { entity: 'CUSTOMER', key: 'colour', name: 'Colour', type: 'SELECT', options: ['red', 'blue'] },
    'attributeDefinition',
  );
  await make('attributeDefinitionCreate', { entity: 'CUSTOMER', key: 'score', name: 'Score', type: 'NUMBER' }, 'attributeDefinition');
  const recorded = {
    customer: { id: known.other },
    kind: 'order_placed',
    touchPoint: 'web_shop',
    direction: 'INBOUND',
    conversation: { externalId: { system: 'mail', value: 't1' } },
  };
  known.interaction = await make('interactionRecord', { ...recorded, value: { amount: '1', currency: 'GBP' } }, 'interaction');
  await make('interactionRecord', { ...recorded, value: { amount: '2', currency: 'EUR' } }, 'interaction');
  await server.events.drained();
  known.nobody = known.customer.replace(/.{10}$/, '0123456789');
});
afterAll(() => server?.stop());

/** `CODE path` of everything an answer was refused for. */
function refusals({ data, errors }: Answer): string[] {
  const payload = (data && Object.values(data)[0]) as { userErrors?: Refusal[]; results?: { userErrors: Refusal[] }[] } | null;
  const said = [...(payload?.userErrors ?? []), ...(payload?.results ?? []).flatMap((row) => row.userErrors)];
  return [...errors.map((error) => error.extensions.code), ...said.map(({ code, path }) => `${code} ${path.join('.')}`)];
}
type Refusal = { code: string; path: string[] };

async function expectRefused(answer: Answer, expected: string, before: Record<string, number>): Promise<void> {
  expect(new Set(refusals(answer))).toEqual(new Set([expected]));
  for (const error of answer.errors) {
    expect(error.extensions.requestId).toBe(answer.headers.get('x-request-id'));
    expect(error.message).not.toMatch(/select |insert |syntax error|\bat .*\.ts:/);
    expect(error.message.length).toBeLessThan(1_000);
  }
  expect(await tableCounts(server.db)).toEqual(before);
}

const mutations: Record<string, string> = {
  customerCreate:
    'mutation ($input: CustomerCreateInput!) { r: customerCreate(input: $input) { customer { id } userErrors { code path } } }',
  customerUpdate:
    'mutation ($input: CustomerUpdateInput!) { r: customerUpdate(input: $input) { customer { id } userErrors { code path } } }',
  customerErase: 'mutation ($input: CustomerEraseInput!) { r: customerErase(input: $input) { customer { id } userErrors { code path } } }',
  customerMoveToStage:
    'mutation ($input: CustomerMoveToStageInput!) { r: customerMoveToStage(input: $input) { customer { id } userErrors { code path } } }',
  identityAdd: 'mutation ($input: IdentityAddInput!) { r: identityAdd(input: $input) { customer { id } userErrors { code path } } }',
  interactionRecord:
    'mutation ($input: InteractionRecordInput!) { r: interactionRecord(input: $input) { interaction { id } userErrors { code path } } }',
  channelCreate: 'mutation ($input: ChannelCreateInput!) { r: channelCreate(input: $input) { channel { id } userErrors { code path } } }',
  roleCreate: 'mutation ($input: RoleCreateInput!) { r: roleCreate(input: $input) { role { id } userErrors { code path } } }',
  customersUpsert:
    'mutation ($input: CustomersUpsertInput!) { r: customersUpsert(input: $input) { results { status userErrors { code path } } userErrors { code path } } }',
  interactionsRecord:
    'mutation ($input: InteractionsRecordInput!) { r: interactionsRecord(input: $input) { results { status userErrors { code path } } userErrors { code path } } }',
};

type Case = [what: string, input: Record<string, unknown> | (() => Record<string, unknown>), expected: string];

/** Tries the cases on one mutation; each input is spread over `base`. */
function cases(mutation: string, base: () => Record<string, unknown>, all: Case[]): void {
  test.for(all)('%s', async ([, input, expected]) => {
    const before = await tableCounts(server.db);
    const variables = { input: { ...base(), ...(typeof input === 'function' ? input() : input) } };
    await expectRefused(await server.query(mutations[mutation]!, variables), expected, before);
  });
}

const email = (value: string) => ({ identities: [{ kind: 'EMAIL', value }] });
const phone = (value: string) => ({ identities: [{ kind: 'PHONE', value }] });
const money = (amount: unknown, currency: unknown = 'GBP') => ({ value: { amount, currency } });
const BAD = 'BAD_USER_INPUT';
// What a literal in this file could not say: an own property of that name.
const proto = () => ({ attributes: JSON.parse('{"__proto__": {"colour": "red"}}') });

describe('a customer', () => {
  cases('customerCreate', () => ({ displayName: 'Eve' }), [
    ['an unknown field', { favouriteColour: 'red' }, BAD],
    ['a number for a text', { city: 5 }, BAD],
    ['a list for a text', { city: ['London'] }, BAD],
    ['an object for a list', { tags: { a: 1 } }, BAD],
    ['an unknown kind', { kind: 'ROBOT' }, BAD],
    ['an empty text', { city: '' }, 'TOO_SHORT city'],
    ['nothing but blanks', { city: ' \t\n' }, 'TOO_SHORT city'],
    ['a long text', { city: 'x'.repeat(201) }, 'TOO_LONG city'],
    ['a very long text', { city: 'x'.repeat(1_000_000) }, 'TOO_LONG city'],
    ['NUL', { city: 'a\0b' }, BAD],
    ['half of a surrogate pair', { city: '\ud83d' }, BAD],
    ['too many tags', { tags: Array.from({ length: 101 }, (_, i) => `t${i}`) }, 'TOO_LONG tags'],
    ['an empty tag', { tags: ['a', ''] }, 'TOO_SHORT tags.1'],
    ['an e-mail without a domain', email('ada@'), 'EMAIL_INVALID identities.0.value'],
    ['an e-mail without a name', email('@example.com'), 'EMAIL_INVALID identities.0.value'],
    ['an e-mail with a blank', email('a da@example.com'), 'EMAIL_INVALID identities.0.value'],
    ['an e-mail of a local host', email('ada@localhost'), 'EMAIL_INVALID identities.0.value'],
    ['two e-mails in one', email('a@example.com, b@example.com'), 'EMAIL_INVALID identities.0.value'],
    ['an e-mail with a long name', email(`${'a'.repeat(65)}@example.com`), 'EMAIL_INVALID identities.0.value'],
    ['an empty e-mail', email(''), 'TOO_SHORT identities.0.value'],
    ['a phone number of letters', phone('CALL ME'), 'PHONE_INVALID identities.0.value'],
    ['a short phone number', phone('123'), 'PHONE_INVALID identities.0.value'],
    ['a prefix without a number', phone('+44'), 'PHONE_INVALID identities.0.value'],
    ['a long phone number', phone('+44207946095812345678'), 'PHONE_INVALID identities.0.value'],
    ['a phone number of no country', phone('+99912345678'), 'PHONE_INVALID identities.0.value'],
    [
      'an e-mail with a system',
      { identities: [{ kind: 'EMAIL', system: 'x', value: 'a@example.com' }] },
      'IDENTITY_SYSTEM identities.0.system',
    ],
    ['a handle without a system', { identities: [{ kind: 'SOCIAL', value: 'ada' }] }, 'IDENTITY_SYSTEM identities.0.system'],
    [
      '51 identities',
      { identities: Array.from({ length: 51 }, (_, i) => ({ kind: 'EMAIL', value: `a${i}@example.com` })) },
      'TOO_LONG identities',
    ],
    ['an identity that is taken', { externalId: { system: 'erp', value: '1' } }, 'DUPLICATE externalId'],
    ['a day that does not exist', { birthDate: '2025-02-30' }, BAD],
    ['a month that does not exist', { birthDate: '2025-13-01' }, BAD],
    ['the year 0', { birthDate: '0000-01-01' }, BAD],
    ['a day in words', { birthDate: 'yesterday' }, BAD],
    ['a moment on a day that does not exist', { createdAt: '2025-02-29T10:00:00Z' }, BAD],
    ['a moment without an offset', { createdAt: '2025-02-28T10:00:00' }, BAD],
    ['the hour 25', { createdAt: '2025-02-28T25:00:00Z' }, BAD],
    ['a moment as a number', { createdAt: 1_700_000_000 }, BAD],
    ['a country in small letters', { country: 'gb' }, BAD],
    ['a country that does not exist', { country: 'XX' }, 'COUNTRY_INVALID country'],
    ['a language that is none', { language: 'not a language' }, 'LANGUAGE_INVALID language'],
    ['a time zone on Mars', { timeZone: 'Mars/Olympus' }, 'TIME_ZONE_INVALID timeZone'],
    ['a party role that is none', { partyRoles: ['emperor'] }, 'NOT_FOUND partyRoles'],
    ['SQL for a key', { partyRoles: ["x'); drop table customers; --"] }, 'INVALID partyRoles.0'],
    ['a stage that is none', { stage: 'nirvana' }, 'NOT_FOUND stage'],
    ['SQL for a stage', { stage: "' or true --" }, 'INVALID stage'],
    ['an owner that is none', () => ({ owner: { email: 'nobody@example.com' } }), 'NOT_FOUND owner'],
    ['the id of another type', () => ({ owner: { id: known.customer } }), 'ID_INVALID owner.id'],
    ['a malformed id', { owner: { id: 'x' } }, 'ID_INVALID owner.id'],
    ['an empty id', { owner: { id: '' } }, 'ID_INVALID owner.id'],
    ['a number for an id', { owner: { id: 7 } }, 'ID_INVALID owner.id'],
    ['two ways to name one user', () => ({ owner: { id: known.customer, email: 'a@example.com' } }), BAD],
    ['no way to name a user', { owner: {} }, BAD],
    ['null to name a user', { owner: { id: null } }, BAD],
    ['an attribute that is none', { attributes: { size: 1 } }, 'ATTRIBUTE_UNKNOWN attributes.size'],
    ['an attribute called constructor', { attributes: { constructor: 'x' } }, 'ATTRIBUTE_UNKNOWN attributes.constructor'],
    ['an attribute called toString', { attributes: { toString: 'x' } }, 'ATTRIBUTE_UNKNOWN attributes.toString'],
    ['an attribute called __proto__', proto, 'ATTRIBUTE_UNKNOWN attributes.__proto__'],
    ['SQL for an attribute', { attributes: { "a' or '1'='1": 1 } }, "ATTRIBUTE_UNKNOWN attributes.a' or '1'='1"],
    ['an option that is none', { attributes: { colour: 'green' } }, 'ATTRIBUTE_OPTION attributes.colour'],
    ['a text for a number', { attributes: { score: '7' } }, 'ATTRIBUTE_TYPE attributes.score'],
    ['a list of attributes', { attributes: ['colour'] }, 'ATTRIBUTE_TYPE attributes'],
    ['a text for attributes', { attributes: 'colour' }, 'ATTRIBUTE_TYPE attributes'],
    ['NUL in the key of an attribute', { attributes: { 'a\0': 1 } }, BAD],
  ]);

  test('without a name or an identity', async () => {
    const before = await tableCounts(server.db);
    await expectRefused(await server.query(mutations.customerCreate!, { input: { kind: 'PERSON' } }), 'NAME_REQUIRED displayName', before);
  });

  cases('customerUpdate', () => ({ id: known.customer, city: 'Bath' }), [
    ['an old version', { expectedVersion: 7 }, 'VERSION_CONFLICT expectedVersion'],
    ['version 0', { expectedVersion: 0 }, 'TOO_SHORT expectedVersion'],
    ['a version beyond 32 bits', { expectedVersion: 2_147_483_648 }, BAD],
    ['a broken version', { expectedVersion: 1.5 }, BAD],
    ['a customer that is none', () => ({ id: known.nobody }), 'NOT_FOUND id'],
    ['the id of another type', () => ({ id: known.interaction }), 'ID_INVALID id'],
    ['null for an id', { id: null }, BAD],
    ['one good and one bad field', { attributes: { score: 'x' } }, 'ATTRIBUTE_TYPE attributes.score'],
  ]);
  cases('customerErase', () => ({ id: known.customer }), [
    ['without the word', { confirm: 'yes' }, 'NOT_CONFIRMED confirm'],
    ['another customer’s id in other letters', () => ({ id: known.customer!.toUpperCase(), confirm: 'erase' }), 'ID_INVALID id'],
  ]);
  cases('customerMoveToStage', () => ({ customer: { id: known.customer }, stage: 'loyal' }), [
    ['in the future', { occurredAt: '2999-01-01T00:00:00Z' }, 'IN_FUTURE occurredAt'],
    ['of a customer who is none', { customer: { externalId: { system: 'erp', value: 'none' } } }, 'NOT_FOUND customer'],
  ]);
  cases('identityAdd', () => ({ customer: { id: known.customer } }), [
    ['somebody else’s', { identity: { kind: 'EXTERNAL', system: 'erp', value: '2' } }, 'DUPLICATE identity'],
  ]);
});

describe('an interaction', () => {
  // The customer is not known yet: were the row refused too late, one would be left behind.
  const base = () => ({
    customer: { identity: { kind: 'EMAIL', value: 'new@example.com' } },
    kind: 'order_placed',
    touchPoint: 'web_shop',
    direction: 'INBOUND',
  });
  cases('interactionRecord', base, [
    ['an amount of 40 digits', money('1'.repeat(40)), BAD],
    ['an amount with five places', money('1.00001'), BAD],
    ['an amount in letters', money('1e5'), BAD],
    ['an amount with a comma', money('1,50'), BAD],
    ['no amount', money(''), BAD],
    ['not a number', money('NaN'), BAD],
    ['infinity', money('Infinity'), BAD],
    ['a fraction as a number', money(0.1), BAD],
    ['a number beyond exactness', money(2 ** 53), BAD],
    ['a currency in small letters', money('1', 'gbp'), BAD],
    ['a currency that does not exist', money('1', 'ZZZ'), 'CURRENCY_INVALID value.currency'],
    ['money without an amount', { value: { currency: 'GBP' } }, BAD],
    ['a sentiment of 2', { sentiment: 2 }, 'TOO_LONG sentiment'],
    ['a duration beyond 32 bits', { duration: 2_147_483_648 }, BAD],
    ['a negative duration', { duration: -1 }, 'TOO_SHORT duration'],
    ['a broken duration', { duration: 1.5 }, BAD],
    ['a kind that is none', { kind: 'telepathy' }, 'NOT_FOUND kind'],
    ['SQL for a kind', { kind: "order_placed' --" }, 'INVALID kind'],
    ['a touch point that is none', { touchPoint: 'moon' }, 'NOT_FOUND touchPoint'],
    ['neither channel nor touch point', { touchPoint: null }, 'CHANNEL_REQUIRED channel'],
    ['a direction that is none', { direction: 'SIDEWAYS' }, BAD],
    ['a long body', { body: 'x'.repeat(100_001) }, 'TOO_LONG body'],
    ['an empty reference', { externalRef: { system: '', value: 'x' } }, 'TOO_SHORT externalRef.system'],
    ['a long reference', { externalRef: { system: 'x', value: 'x'.repeat(501) } }, 'TOO_LONG externalRef.value'],
    ['a customer that is none', () => ({ customer: { id: known.nobody } }), 'NOT_FOUND customer'],
    [
      'a customer by an e-mail that is none',
      { customer: { identity: { kind: 'EMAIL', value: 'x' } } },
      'EMAIL_INVALID customer.identity.value',
    ],
    ['a customer named in two ways', () => ({ customer: { id: known.customer, externalId: { system: 'a', value: 'b' } } }), BAD],
    [
      'a conversation of somebody else',
      { conversation: { externalId: { system: 'mail', value: 't1' } } },
      'CONVERSATION_MISMATCH conversation',
    ],
    ['a participant who is nobody', { participants: [{ role: 'cc' }] }, 'PARTICIPANT_INVALID participants.0'],
    [
      'an unknown user taking part',
      { participants: [{ role: 'cc', user: { email: 'nobody@example.com' } }] },
      'NOT_FOUND participants.0.user',
    ],
    [
      'a new customer taking part beside an unknown user',
      {
        participants: [
          { role: 'a', customer: { identity: { kind: 'EMAIL', value: 'second@example.com' } } },
          { role: 'b', user: { email: 'nobody@example.com' } },
        ],
      },
      'NOT_FOUND participants.1.user',
    ],
    [
      '51 participants',
      {
        participants: Array.from({ length: 51 }, (_, i) => ({
          role: 'cc',
          customer: { identity: { kind: 'EMAIL', value: `p${i}@example.com` } },
        })),
      },
      'TOO_LONG participants',
    ],
    ['an attribute that is none', { attributes: { size: 1 } }, 'ATTRIBUTE_UNKNOWN attributes.size'],
  ]);

  test('a number that JSON can say and nobody can keep', async () => {
    const before = await tableCounts(server.db);
    const body = JSON.stringify({ query: mutations.interactionRecord, variables: { input: { ...base(), sentiment: 0 } } }).replace(
      '"sentiment":0',
      '"sentiment":1e400',
    );
    await expectRefused(await postQuery(server.url, body, { key: server.adminKey }), BAD, before);
  });
});

describe('words and roles', () => {
  cases('channelCreate', () => ({ name: 'New', key: 'new' }), [
    ['a key in capitals', { key: 'NEW' }, 'INVALID key'],
    ['SQL for a key', { key: "new'; drop table channels; --" }, 'INVALID key'],
    ['an empty key', { key: '' }, 'INVALID key'],
    ['a long key', { key: 'k'.repeat(64) }, 'INVALID key'],
    ['a key that is taken', { key: 'email' }, 'DUPLICATE key'],
    ['an empty name', { name: '' }, 'TOO_SHORT name'],
  ]);
  cases('roleCreate', () => ({ key: 'new', name: 'New', permissions: ['customers:read'] }), [
    ['a permission that is none', { permissions: ['customers:fly'] }, 'PERMISSION_MALFORMED permissions.0'],
    ['a subject that is none', { permissions: ['ghosts:read'] }, 'SUBJECT_UNKNOWN permissions.0'],
    ['a field that is none', { hiddenFields: ['Customer.soul'] }, 'FIELD_UNKNOWN hiddenFields.0'],
    ['a scope that is none', { rowScopes: [{ subject: 'customers', scope: 'SOME' }] }, BAD],
    [
      'two scopes of one subject',
      {
        rowScopes: [
          { subject: 'customers', scope: 'OWN' },
          { subject: 'customers', scope: 'ALL' },
        ],
      },
      'DUPLICATE rowScopes.1.subject',
    ],
  ]);
});

describe('many rows', () => {
  const row = (value: string, more: object = {}) => ({ externalId: { system: 'bulk', value }, displayName: `Bulk ${value}`, ...more });
  cases('customersUpsert', () => ({}), [
    ['none', { rows: [] }, 'TOO_SHORT rows'],
    ['501', { rows: Array.from({ length: 501 }, (_, i) => row(String(i))) }, 'TOO_LONG rows'],
    ['an unknown way to go on', { rows: [row('1')], onError: 'MAYBE' }, BAD],
    ['one that names nobody', { rows: [row('1'), { displayName: 'x' }] }, 'IDENTITY_REQUIRED rows.1'],
    [
      'one with a bad country among good ones',
      { rows: [row('1'), row('2', { country: 'XX' }), row('3')] },
      'COUNTRY_INVALID rows.1.country',
    ],
    ['one with an unknown owner', { rows: [row('1'), row('2', { owner: { email: 'nobody@example.com' } })] }, 'NOT_FOUND rows.1.owner'],
    [
      'one of two customers at once',
      {
        rows: [
          row('1'),
          {
            identities: [
              { kind: 'EXTERNAL', system: 'erp', value: '1' },
              { kind: 'EXTERNAL', system: 'erp', value: '2' },
            ],
          },
        ],
      },
      'IDENTITY_CONFLICT rows.1.identities',
    ],
    ['a row that is null', { rows: [null] }, BAD],
    ['a row with an unknown field', { rows: [row('1', { shoeSize: 42 })] }, BAD],
  ]);
  cases('interactionsRecord', () => ({}), [
    [
      'a bad one after one that makes a customer',
      {
        rows: [
          { customer: { identity: { kind: 'EMAIL', value: 'fresh@example.com' } }, kind: 'call', channel: 'phone', direction: 'INBOUND' },
          { customer: { identity: { kind: 'EMAIL', value: 'fresh@example.com' } }, kind: 'call', channel: 'drum', direction: 'INBOUND' },
        ],
      },
      'NOT_FOUND rows.1.channel',
    ],
  ]);

  test('a dry run answers what would be and keeps nothing', async () => {
    const before = await tableCounts(server.db);
    const { data, errors } = await server.query(mutations.customersUpsert!, { input: { rows: [row('1'), row('2')], dryRun: true } });
    expect(errors).toEqual([]);
    expect(data.r.results.map((one: { status: string }) => one.status)).toEqual(['CREATED', 'CREATED']);
    expect(await tableCounts(server.db)).toEqual(before);
  });

  test('SKIP keeps the good rows and nothing of the bad one', async () => {
    const before = await tableCounts(server.db);
    const rows = [row('s1'), row('s2', { attributes: { score: 'x' } }), row('s3')];
    const { data } = await server.query(mutations.customersUpsert!, { input: { rows, onError: 'SKIP' } });
    expect(data.r.results.map((one: { status: string }) => one.status)).toEqual(['CREATED', 'REJECTED', 'CREATED']);
    await server.events.drained();
    const after = await tableCounts(server.db);
    expect(Object.entries(after).filter(([table, rows]) => rows !== before[table])).toEqual([
      ['customers', before.customers! + 2],
      ['events', before.events! + 2],
      ['identities', before.identities! + 2],
    ]);
  });
});
