// Typed feeds that were asked to say where they stand, as the feed of all events does by its items.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openStream } from '../faults/feeds-stream.ts';
import { makeCustomer } from '../support/core.ts';
import { until } from '../support/eventually.ts';
import { admitted, subscribe } from '../support/raw-socket.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server?.stop());

const query = 'subscription ($after: String) { customerCreated(after: $after) { displayName } }';
const asked = { feed: { milestones: true } };
const caughtUp = (cursor: unknown = expect.any(String)) => ({
  data: null,
  extensions: { feed: { cursor, phase: 'LIVE', lagged: false, milestone: 'CAUGHT_UP' } },
});
// biome-ignore lint/suspicious/noExplicitAny: answers have the shape of the query above
const cursorOf = (answer: any): string => answer.extensions.feed.cursor;

test('over a socket: caught up at once when there is nothing, after the backlog when there is, and then live', async () => {
  const client = await admitted(server);
  const answers = (id: string) => client.messages.filter((message) => message.type === 'next' && message.id === id);
  const begin = (id: string, after: string | null) => {
    const message = subscribe(query, { after }, id);
    client.send({ ...message, payload: { ...message.payload, extensions: asked } });
  };
  await server.events.drained();
  begin('first', null);
  await until(() => answers('first').length === 1);
  expect(answers('first')[0]!.payload).toEqual(caughtUp());
  await makeCustomer(server, { displayName: 'One' });
  await until(() => answers('first').length === 2);
  begin('again', cursorOf(answers('first')[0]!.payload));
  await until(() => answers('again').length === 2);
  await makeCustomer(server, { displayName: 'Two' });
  await until(() => answers('again').length === 3);
  expect(answers('again').map(({ payload }) => payload)).toMatchObject([
    { data: { customerCreated: { displayName: 'One' } }, extensions: { feed: { phase: 'BACKFILL' } } },
    caughtUp(),
    { data: { customerCreated: { displayName: 'Two' } }, extensions: { feed: { phase: 'LIVE' } } },
  ]);
  client.socket.close();
});

test('over an event stream, where a milestone has its cursor as the id of its message and can be resumed from', async () => {
  await server.events.drained();
  const quiet = await openStream(server, { query, extensions: asked });
  await quiet.reach(1);
  expect(quiet.answers()).toEqual([caughtUp()]);
  const cursor = cursorOf(quiet.answers()[0]);
  expect(quiet.text()).toContain(`event: next\nid: ${cursor}\n`);
  quiet.close();
  await makeCustomer(server, { displayName: 'Missed' });
  await server.events.drained();
  const again = await openStream(server, { query, extensions: asked }, { headers: { 'last-event-id': cursor } });
  await again.reach(2);
  expect(again.answers()).toMatchObject([{ data: { customerCreated: { displayName: 'Missed' } } }, caughtUp()]);
  again.close();
});

test.each<[string, unknown]>([
  ['nothing', undefined],
  ['something else', { feed: { milestones: 'yes' } }],
  ['null', { feed: null }],
])('those who asked for %s get answers with data only', async (_name, extensions) => {
  await server.events.drained();
  // Those of the tests before are gone only once the server has seen them go.
  await until(() => server.events.hub.followers() === 0);
  const stream = await openStream(server, { query, extensions });
  await until(() => server.events.hub.followers() > 0);
  await makeCustomer(server, { displayName: 'Plain' });
  await stream.reach(1);
  expect(stream.answers()).toMatchObject([{ data: { customerCreated: { displayName: 'Plain' } } }]);
  stream.close();
  await until(() => server.events.hub.followers() === 0);
});
