// Events of whom was erased have lost their data: a plugin's subscription goes on past them, whatever `select` expects of data.
import { definePlugin, v, z } from 'trato/plugin';
import { createTestHost, type TestHost } from 'trato/plugin/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { until } from '../support/eventually.ts';

const plugin = definePlugin({
  id: 'greetings',
  version: '1.0.0',
  api: '^1.0.0',
  description: 'Tells the names of new customers, and the ids of erased ones.',
  config: z.object({}),
  capabilities: ['schema', 'read:customers'],
  scopes: { 'greetings:read': 'See names.' },
  setup({ schema }) {
    schema.subscription('said', {
      description: 'The name of each new customer, and of each erased one the word gone.',
      value: v.string(),
      scope: 'greetings:read',
      events: ['customer.created', 'customer.erased'],
      select: async (_ctx, events) =>
        events.map(({ type, data }) => {
          if (type === 'customer.erased') return 'gone';
          const { displayName } = data.after as { displayName: string };
          if (displayName === 'Broken') throw new RangeError('the name is broken');
          return displayName;
        }),
    });
  },
});

let host: TestHost;
beforeAll(async () => {
  host = await createTestHost({ plugins: [{ plugin }] });
});
afterAll(() => host?.stop());

const BEGINNING = Buffer.from('event:1').toString('base64url');

/** What an event stream from the beginning of the log has told so far. */
function listen(): { told: unknown[]; ended: () => boolean; leave: () => Promise<void> } {
  const leaving = new AbortController();
  const told: unknown[] = [];
  let ended = false;
  const reading = (async () => {
    const response = await fetch(`${host.url}/stream`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream', authorization: `Bearer ${host.key}` },
      body: JSON.stringify({ query: `subscription { greetingsSaid(after: "${BEGINNING}") }` }),
      signal: leaving.signal,
    });
    let text = '';
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      const messages = (text + chunk).split('\n\n');
      text = messages.pop()!;
      for (const message of messages) {
        const [, data] = /^data: (.+)$/m.exec(message) ?? [];
        if (data) told.push(JSON.parse(data).data?.greetingsSaid);
      }
    }
  })()
    .catch(() => undefined)
    .finally(() => {
      ended = true;
    });
  return {
    told,
    ended: () => ended,
    async leave() {
      leaving.abort();
      await reading;
    },
  };
}

test('a subscription that resumes from before an erasure leaves the erased events out, and goes on', async () => {
  const ada = await host.makeCustomer({ displayName: 'Ada' });
  await host.makeCustomer({ displayName: 'Ben' });
  await host.query('mutation ($id: ID!) { customerErase(input: { id: $id, confirm: "erase" }) { userErrors { code } } }', { id: ada });
  await host.events.drained();
  const heard = listen();
  await until(() => heard.told.includes('gone'), 'the erasure is told');
  await host.makeCustomer({ displayName: 'Cleo' });
  await until(() => heard.told.includes('Cleo'), 'what happens afterwards is told');
  expect(heard.told).toEqual(['Ben', 'gone', 'Cleo']);
  expect(host.errors).toEqual([]);
  await heard.leave();
});

test('a subscription that fails is told in the log with its place', async () => {
  await host.makeCustomer({ displayName: 'Broken' });
  const heard = listen();
  await until(heard.ended, 'the stream ends');
  expect(host.errors[0]).toMatchObject({ plugin: 'greetings', place: 'Subscription.greetingsSaid', said: 'the name is broken' });
});
