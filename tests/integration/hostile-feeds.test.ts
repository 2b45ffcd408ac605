// Live feeds of subscribers who may see different things: answers that are made once for many are never made for others.
import type { Client } from 'graphql-ws';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server?.stop());

/** A key of a new role. */
async function keyOf(name: string, role: object): Promise<string> {
  const made = await server.query('mutation ($input: RoleCreateInput!) { roleCreate(input: $input) { userErrors { code message } } }', {
    input: { key: name, name, ...role },
  });
  expect(made.data.roleCreate.userErrors).toEqual([]);
  const { data } = await server.query('mutation ($role: String!) { apiKeyCreate(input: { name: $role, role: $role }) { key } }', {
    role: name,
  });
  return data.apiKeyCreate.key;
}

type Feed = { answers: Record<string, unknown>[]; codes: string[] };

/** Everything a subscription sends from now on. */
function follow(client: Client, query: string): Feed {
  const feed: Feed = { answers: [], codes: [] };
  client.subscribe(
    { query },
    {
      next: ({ data, errors }) => {
        if (data) feed.answers.push(data as Record<string, unknown>);
        feed.codes.push(...(errors ?? []).map((error) => String(error.extensions?.code)));
      },
      error: (errors) => feed.codes.push(...(errors as { extensions: { code: string } }[]).map((error) => error.extensions.code)),
      complete: () => undefined,
    },
  );
  return feed;
}

const record = (email: string, body: string) =>
  server.query(
    'mutation ($input: InteractionRecordInput!) { interactionRecord(input: $input) { interaction { id customer { id } } userErrors { code } } }',
    {
      input: {
        customer: { identity: { kind: 'EMAIL', value: email } },
        kind: 'email',
        channel: 'email',
        direction: 'INBOUND',
        body,
        subject: 'Hello',
        value: { amount: '5', currency: 'GBP' },
      },
    },
  );

describe('the same subscription at the same moment', () => {
  test('by those who see all, less, nothing of a kind, and no rows', async () => {
    const all = ['customers:read', 'interactions:read', 'vocabularies:read', 'channels:read', 'events:read'];
    const keys = {
      all: server.adminKey,
      less: await keyOf('less', {
        permissions: all,
        hiddenFields: ['Interaction.body', 'Interaction.value', 'Customer.displayName', 'Identity.value'],
      }),
      // A key is no user: rows of its own there are none.
      own: await keyOf('own', { permissions: all, rowScopes: [{ subject: 'customers', scope: 'OWN' }] }),
      blind: await keyOf('blind', { permissions: ['channels:read', 'events:read'] }),
      deaf: await keyOf('deaf', { permissions: ['channels:read'] }),
    };
    const interactions = 'subscription { interactionRecorded { body value { amount } subject } }';
    const events =
      'subscription { events { ... on Event { type data subject { id ... on Customer { displayName } ... on Interaction { body } } } ... on FeedCaughtUp { cursor } } }';
    // Twice each, so that there is something to share.
    const feeds = Object.fromEntries(
      Object.entries(keys).map(([name, key]) => {
        const clients = [server.subscriber({ key }), server.subscriber({ key })];
        return [
          name,
          { interactions: clients.map((client) => follow(client, interactions)), events: clients.map((client) => follow(client, events)) },
        ] as const;
      }),
    );
    const refused = (feed: Feed) => feed.codes.length > 0;
    await eventually(() => {
      for (const { events: both } of Object.values(feeds))
        for (const feed of both) expect(feed.answers.length > 0 || refused(feed)).toBe(true);
      // Those of interactions say nothing until there is one.
      const every = Object.values(feeds).flatMap(({ interactions, events }) => [...interactions, ...events]);
      expect(server.events.hub.followers()).toBe(every.filter((feed) => !refused(feed)).length);
    });
    await server.query('mutation { channelCreate(input: { key: "pigeon", name: "Pigeon" }) { userErrors { code } } }');
    await record('secret@example.com', 'secret body');
    await server.query('mutation { channelCreate(input: { key: "owl", name: "Owl" }) { userErrors { code } } }');
    const ended = (feed: Feed) => JSON.stringify(feed.answers).includes('"owl"');
    await eventually(() => {
      for (const { events: both } of Object.values(feeds)) for (const feed of both) expect(ended(feed) || refused(feed)).toBe(true);
      for (const feed of [...feeds.all!.interactions, ...feeds.less!.interactions]) expect(feed.answers).toHaveLength(1);
    });

    const text = (name: string) => JSON.stringify([...feeds[name]!.interactions, ...feeds[name]!.events]);
    for (const feed of feeds.all!.interactions)
      expect(feed.answers).toEqual([{ interactionRecorded: { body: 'secret body', value: { amount: '5.00' }, subject: 'Hello' } }]);
    expect(text('all')).toContain('secret@example.com');
    for (const feed of feeds.less!.interactions)
      expect(feed.answers).toEqual([{ interactionRecorded: { body: null, value: null, subject: 'Hello' } }]);
    expect(text('less')).not.toMatch(/secret|"5/);
    for (const name of ['own', 'blind', 'deaf']) expect(text(name), name).not.toMatch(/secret|Hello|interaction\.|customer\./);
    expect(text('own')).toContain('channel.created');
    expect(feeds.blind!.interactions.map((feed) => feed.codes)).toEqual([['FORBIDDEN'], ['FORBIDDEN']]);
    expect([...feeds.deaf!.interactions, ...feeds.deaf!.events].map((feed) => feed.codes)).toEqual(Array(4).fill(['FORBIDDEN']));
  });
});
