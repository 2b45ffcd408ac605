// The plugin of the guide keeps the contract and does what the guide says; the guide shows its very code.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { createTestHost, pluginContract, type TestHost } from 'trato/plugin/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { plugin } from '../support/fixture-plugins/visits/index.ts';

const secret = `whsec_${Buffer.from('thirty-two bytes that both know.').toString('base64')}`;
const config = { mostADay: 2, reporters: [{ workspace: 'main', secret }] };
const DAY = '2031-05-06';
const plan =
  'mutation ($input: VisitsPlanInput!) { visitsPlan(input: $input) { visit { day state } customer { displayName } userErrors { code path } } }';

pluginContract(plugin, {
  config,
  examples: {
    async prepare(_host, workspace, customer) {
      await workspace.query(plan, { input: { customer, day: DAY } });
      await workspace.recordInteraction({ customer });
    },
  },
});

describe('the plugin of the guide', () => {
  let host: TestHost;
  let ada: string;
  beforeAll(async () => {
    host = await createTestHost({ plugins: [{ plugin, config }] });
    ada = await host.makeCustomer({ displayName: 'Ada', attributes: { visits_door: 'left' } });
  });
  afterAll(() => host?.stop());

  test('plans visits, as many as a day holds', async () => {
    const made = await host.query(plan, { input: { customer: ada, day: DAY } });
    expect(made.visitsPlan).toEqual({ visit: { day: DAY, state: 'PLANNED' }, customer: { displayName: 'Ada' }, userErrors: [] });
    const grace = await host.makeCustomer({ displayName: 'Grace' });
    const two = await Promise.all([1, 2].map(() => host.query(plan, { input: { customer: grace, day: DAY } })));
    expect(two.flatMap(({ visitsPlan }) => visitsPlan.userErrors)).toEqual([{ code: 'VISITS_DAY_FULL', path: ['day'] }]);
    const read = `{ visitsOn(day: "${DAY}") { state } customer(by: { id: "${ada}" }) { attributes visitsNext { day } } }`;
    expect(await host.query(read)).toEqual({
      visitsOn: [{ state: 'PLANNED' }, { state: 'PLANNED' }],
      customer: { attributes: { visits_door: 'left' }, visitsNext: { day: DAY } },
    });
    const { events } = await host.query('{ events(types: ["visits.planned"], first: 10) { nodes { origin subjectType data } } }');
    expect(events.nodes).toHaveLength(2);
  });

  test('keeps customers to whom a visit is planned', async () => {
    const { customerArchive } = await host.query(
      'mutation ($input: CustomerArchiveInput!) { customerArchive(input: $input) { userErrors { code } } }',
      { input: { id: ada } },
    );
    expect(customerArchive.userErrors).toEqual([{ code: 'VISITS_STILL_PLANNED' }]);
  });

  test('takes in signed reports, each once', async () => {
    const body = JSON.stringify({ customer: ada, note: 'Was at home.' });
    const at = new Date();
    const headers = (signed = body) => ({
      'content-type': 'application/json',
      'webhook-id': 'msg_1',
      'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
      'webhook-signature': new Webhook(secret).sign('msg_1', at, signed),
    });
    const send = (path: string, given: Record<string, string>) =>
      host.http('POST', `/plugins/visits/reports/${path}`, { headers: given, body });
    for (const answer of [await send('main', headers('other')), await send('nowhere', headers())]) expect(answer.status).toBe(401);
    const [first, again] = [await send('main', headers()), await send('main', headers())];
    expect([first.status, again.status]).toEqual([201, 201]);
    expect(await again.json()).toEqual(await first.json());
    const { events } = await host.query('{ events(types: ["interaction.recorded"], first: 10) { nodes { origin } } }');
    expect(events.nodes).toEqual([{ origin: 'plugin.visits' }]);
  });
});

describe('docs/plugins.md', () => {
  test('shows code that is compiled and tested', () => {
    const root = join(import.meta.dirname, '../..');
    const lines = (text: string) => text.split('\n').map((line) => line.trim());
    const folder = join(root, 'tests/support/fixture-plugins/visits');
    const sources = [...readdirSync(folder).map((name) => join(folder, name)), import.meta.filename].map((file) =>
      readFileSync(file, 'utf8'),
    );
    const guide = readFileSync(join(root, 'docs/plugins.md'), 'utf8');
    const blocks = [...guide.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, block]) => lines(block!.trim()).join('\n'));
    expect(blocks.length).toBeGreaterThan(10);
    const shown = sources.map((text) =>
      lines(text.replace('pluginContract(plugin, {\n  config,', 'pluginContract(plugin, { config });')).join('\n'),
    );
    expect(blocks.filter((block) => !shown.some((text) => text.includes(block)))).toEqual([]);
  });
});
