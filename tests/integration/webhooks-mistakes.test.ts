// What the guide shows can be saved, and what could never tell of anything is refused: nobody would see that it is silent.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import '../../src/modules/webhooks/webhooks.schema.ts';
import { ask, codesOf, done, mutate } from '../support/core.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server?.stop());

const valid = { name: 'ERP', url: 'https://hooks.example.com/trato' };
const create = 'mutation ($input: WebhookCreateInput!) { webhookCreate(input: $input) { userErrors { code message path } } }';
async function refusal(document: string, variables: object = {}): Promise<string[]> {
  const { webhookCreate } = await ask(server, create, { input: { ...valid, document, variables } });
  return webhookCreate.userErrors.map(
    ({ code, path, message }: { code: string; path: string[]; message: string }) => `${code} ${path.join('.')} ${message}`,
  );
}

it('the first example of the guide makes a webhook', async () => {
  const guide = readFileSync(new URL('../../docs/webhooks.md', import.meta.url), 'utf8');
  const mutation = /```graphql\n(mutation \{[\s\S]*?)```/.exec(guide)![1]!;
  const { webhookCreate } = await ask(server, mutation);
  expect(webhookCreate.userErrors).toEqual([]);
  expect(webhookCreate.secret).toMatch(/^whsec_/);
});

it('a field by the name of its relation, which no event tells of, is refused with the name that they tell', async () => {
  const [said] = await refusal('subscription { customerUpdated(changed: ["owner"]) { id } }');
  expect(said).toMatch(/^DOCUMENT_INVALID document .*"ownerId"/);
  expect(await refusal('subscription { customerUpdated(changed: ["ownerId", "identities"]) { id } }')).toEqual([]);
  const page = 'query ($changed: [String!]) { events(changed: $changed) { nodes { id } } }';
  expect(await codesOf(server, page, { changed: ['owner'] })).toEqual(['BAD_USER_INPUT']);
  expect(await codesOf(server, page, { changed: ['ownerId'] })).toEqual([]);
});

it('lists that choose nothing are refused, also where a variable holds them', async () => {
  expect(await refusal('subscription { customerUpdated(changed: []) { id } }')).toEqual([
    expect.stringMatching(/^DOCUMENT_INVALID document /),
  ]);
  const byVariable = 'subscription ($types: [String!]) { events(types: $types) { __typename } }';
  expect(await refusal(byVariable, { types: [] })).toEqual([expect.stringMatching(/^DOCUMENT_INVALID document /)]);
  expect(await refusal(byVariable, { types: ['customer.created'] })).toEqual([]);
  expect(await refusal(byVariable)).toEqual([]);
});

it('types that nobody writes are refused with those that were likely meant; those of plugins are taken', async () => {
  const byType = 'subscription ($types: [String!]) { events(types: $types) { __typename } }';
  const of = (...types: string[]) => refusal(byType, { types });
  expect(await of('customer.created', 'customer.creatd')).toEqual([
    'DOCUMENT_INVALID document There are no events of the type "customer.creatd": do you mean customer.created?',
  ]);
  expect(await of('consent.revoked')).toEqual([expect.stringMatching(/"consent\.revoked"; there are consent\.given, consent\.withdrawn$/)]);
  expect(await of('custommer.created')).toEqual([expect.stringMatching(/do you mean customer\.created\?$/)]);
  expect(await of('loyalty.points_earned', 'customer.created', 'customer')).toEqual([expect.stringMatching(/"customer"; there are /)]);
  expect(await of('loyalty.points_earned', 'customer.created')).toEqual([]);
});

it('a misspelt variable is refused, for the filter that it was meant for would let all through; what is merely left over is not', async () => {
  const filtered = 'subscription ($country: String) { customerCreated(filter: { country: { eq: $country } }) { id } }';
  expect(await refusal(filtered, { contry: 'GB' })).toEqual([expect.stringMatching(/^VARIABLES_INVALID variables .*"contry"/)]);
  expect(await refusal(filtered, { country: 'GB', left: 'over' })).toEqual([]);
  expect(await refusal(filtered)).toEqual([]);
});

it('a webhook cannot be changed to one that is silent', async () => {
  const { webhook } = await done(
    server,
    'webhookCreate',
    { ...valid, document: 'subscription { customerCreated { id } }' },
    'webhook { id }',
  );
  const document = 'subscription { customerUpdated(changed: []) { id } }';
  const { userErrors } = await mutate(server, 'webhookUpdate', { id: webhook.id, document }, '');
  expect(userErrors.map(({ code }: { code: string }) => code)).toEqual(['DOCUMENT_INVALID']);
});
