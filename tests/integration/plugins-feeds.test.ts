// Subscriptions of plugins that fail for a while, and those that tell many: over both transports.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { encodeCursor, lastSeq } from '../../src/events/index.ts';
import type { PluginEvent } from '../../src/plugin/contexts.ts';
import { type CallContext, definePlugin, v, z } from '../../src/plugin/index.ts';
import { openStream } from '../faults/feeds-stream.ts';
import { keyOfRole, makeCustomer } from '../support/core.ts';
import { until } from '../support/eventually.ts';
import { follow } from '../support/feed.ts';
import { takePlugin } from '../support/plugins.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

const described = { description: 'For the test.' };
let failing = 0;
let asked: { events: number; caller: string | null }[] = [];

async function select({ caller }: CallContext, events: readonly PluginEvent[]): Promise<number[]> {
  asked.push({ events: events.length, caller: caller.id });
  if (failing-- > 0) throw new Error('not now');
  return events.map(() => 7);
}

takePlugin(
  definePlugin({
    version: '1.0.0',
    api: '^1.0.0',
    ...described,
    config: z.object({}),
    id: 'teller',
    capabilities: ['schema', 'read:customers'],
    scopes: { 'teller:read': 'Hear.' },
    setup({ schema }) {
      schema.subscription('told', { ...described, scope: 'teller:read', events: ['customer.created'], value: v.int(), select });
    },
  }),
);

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server?.stop());
beforeEach(() => {
  failing = 0;
  asked = [];
});

const query = 'subscription ($after: String) { tellerTold(after: $after) }';
const make = () => makeCustomer(server, { kind: 'PERSON', givenName: 'Ada' });
/** Where the log ends. */
const start = async () => {
  await server.events.drained();
  return encodeCursor(await lastSeq(server.db));
};

describe('a subscription whose select fails', () => {
  it('goes on as if nothing had been where it does better a moment later', async () => {
    const feed = follow(server.subscriber(), query, { after: await start() });
    failing = 2;
    await make();
    expect((await feed.reach(1))[0]!.data).toEqual({ tellerTold: 7 });
    expect(asked).toHaveLength(3);
    feed.stop();
  });

  it('ends its socket so that clients come again, and loses nothing', async () => {
    const after = await start();
    const feed = follow(server.subscriber(), query, { after });
    failing = 3;
    await make();
    await until(() => feed.over(), 'it ends');
    expect(feed.codes()).toEqual(['closed 1013']);
    const again = follow(server.subscriber(), query, { after });
    expect((await again.reach(1))[0]!.data).toEqual({ tellerTold: 7 });
    again.stop();
  });

  it('harms nothing else on its socket: there it ends with an error', async () => {
    const client = server.subscriber();
    const core = follow(client, 'subscription ($after: String) { customerCreated(after: $after) { givenName } }', { after: await start() });
    const feed = follow(client, query, { after: await start() });
    failing = 3;
    await make();
    await until(() => feed.over(), 'it ends');
    expect(feed.codes()).toEqual(['PLUGIN_UNAVAILABLE']);
    await make();
    await core.reach(2);
    core.stop();
  });

  it('ends its event stream without complete', async () => {
    const variables = { after: await start() };
    const feed = await openStream(server, { query, variables });
    failing = 3;
    await make();
    expect(await feed.ended).toBe('cut');
    expect(feed.text()).not.toContain('event: complete');
    const again = await openStream(server, { query, variables });
    expect(await again.reach(1)).toMatchObject([{ data: { tellerTold: 7 } }]);
    again.close();
  });
});

it('a subscription is selected once for all who cannot be told apart, and apart for others', async () => {
  const key = await keyOfRole(server, { permissions: ['teller:read', 'events:read', 'customers:read'] });
  const feeds = [server.adminKey, key].flatMap((one) =>
    Array.from({ length: 20 }, () => follow(server.subscriber({ key: one }), 'subscription { tellerTold }')),
  );
  await until(() => server.events.hub.followers() >= 40, 'all follow');
  for (let n = 1; n <= 5; n++) {
    await make();
    for (const feed of feeds) expect((await feed.reach(n)).at(-1)!.data).toEqual({ tellerTold: 7 });
  }
  const callers = new Set(asked.map(({ caller }) => caller));
  expect(callers.size).toBe(2);
  // Subscribers may come to an event in a few crowds.
  expect(asked.length).toBeLessThan(5 * 40 * 0.25);
  for (const feed of feeds) feed.stop();
});
