// Many subscribers of one event: their reads meet in the same statements.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { done, keyOfRole, makeCustomer, record, watchReads } from '../support/core.ts';
import { until } from '../support/eventually.ts';
import { type Feed, follow } from '../support/feed.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ live: { maxOperations: 500 }, poolSize: 12 });
});
afterAll(() => server?.stop());

const recorded = `subscription ($after: String, $filter: InteractionFilter) { interactionRecorded(after: $after, filter: $filter) { id subject occurredAt kind { key } channel { key } customer { displayName } value { amount currency } } }`;
const changed = 'subscription ($after: String, $id: ID!) { customerChanged(after: $after, id: $id) { id displayName city version } }';
/** An answer is shared for a moment only, and a busy machine needs several moments; each with its own would take 100 and more. */
const A_FEW = 50;
const byEmail = (value: string) => ({ identity: { kind: 'EMAIL', value } });

describe('100 subscribers', () => {
  const feedOf = (query: string, variables: object, key?: string) => {
    const client = server.subscriber(key === undefined ? {} : { key });
    return Promise.all(Array.from({ length: 100 }, () => follow(client, query, variables as Record<string, unknown>)));
  };

  /** How many statements are read from the moment of a change until all have its answer. */
  async function cost(feeds: Feed[], change: () => Promise<unknown>): Promise<number> {
    await until(() => server.events.hub.followers() >= feeds.length);
    await server.events.drained();
    const { statements } = await watchReads(server, async () => {
      await change();
      await Promise.all(feeds.map((feed) => feed.reach(1)));
    });
    for (const feed of feeds) feed.stop();
    await until(() => server.events.hub.followers() === 0);
    return statements.filter(({ text }) => !text.includes('event_inbox')).length;
  }

  test('of one interaction cost a few statements, with and without a filter', async () => {
    const contact = () => record(server, { customer: byEmail('crowd@example.org'), kind: 'call' });
    expect(await cost(await feedOf(recorded, {}), contact)).toBeLessThan(A_FEW);
    expect(await cost(await feedOf(recorded, { filter: { kind: { eq: 'call' } } }), contact)).toBeLessThan(A_FEW);
  });

  test('of one customer do too', async () => {
    const id = await makeCustomer(server, { displayName: 'Star' });
    await server.events.drained();
    expect(
      await cost(await feedOf(changed, { id }), () => done(server, 'customerUpdate', { id, city: 'x' }, 'customer { id }')),
    ).toBeLessThan(A_FEW);
  });

  test('and of the log, seen by a role of only some rows', async () => {
    const events = 'subscription { events(types: ["customer.updated"]) { __typename ... on Event { data } } }';
    const user = (await done(server, 'userCreate', { name: 'Owner' }, 'user { id }')).user.id;
    const id = await makeCustomer(server, { displayName: 'Owned', owner: { id: user } });
    await server.events.drained();
    const key = await keyOfRole(server, {
      permissions: ['events:read', 'customers:read'],
      rowScopes: [{ subject: 'customers', scope: 'OWN' }],
    });
    const [all, none] = [await feedOf(events, {}), await feedOf(events, {}, key)];
    await Promise.all([...all, ...none].map((feed) => feed.reach(1)));
    const { statements } = await watchReads(server, async () => {
      await done(server, 'customerUpdate', { id, city: 'x' }, 'customer { id }');
      await Promise.all(all.map((feed) => feed.reach(2)));
    });
    expect(statements.length).toBeLessThan(A_FEW);
    for (const feed of none) expect(feed.items.map((item) => item.data.events.__typename)).toEqual(['FeedCaughtUp']);
    for (const feed of [...all, ...none]) feed.stop();
  });
});
