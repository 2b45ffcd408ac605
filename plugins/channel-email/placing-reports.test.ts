// Bounces that are hard to place: of a mail that was given another Message-ID, and of one that is being written down just now.
import { uuidOf } from 'trato/plugin';
import { createTestHost, type TestHost } from 'trato/plugin/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { plugin } from './index.ts';
import { type MailServer, startMailServer } from './testing/mail-server.ts';
import { reports } from './testing/reports.ts';
import { customer, handOver, messageOf, queue, sent } from './testing/trato.ts';

const SECRET = 'the-secret-of-the-mail-server-01';

let smtp: MailServer;
let host: TestHost;
/** Called after each look that found nothing. */
let onMiss: () => Promise<unknown> = async () => undefined;

type Setup = Parameters<typeof plugin.setup>[0];

/** The plugin as it is, but that the test has a say between two looks. */
const watched: typeof plugin = {
  ...plugin,
  setup: (given: Setup) =>
    plugin.setup({
      ...{ config: given.config, http: given.http, log: given.log },
      channels: {
        provide(key, channel) {
          const ports = given.channels.provide(key, channel);
          return {
            ...ports,
            async report(ctx, externalId, news) {
              const known = await ports.report(ctx, externalId, news);
              if (!known) await onMiss();
              return known;
            },
          };
        },
      },
    } as Setup),
};

beforeAll(async () => {
  smtp = await startMailServer();
  const account = { from: { address: 'service@shop.example' }, smtp: { host: '127.0.0.1', port: smtp.port, requireTls: false } };
  host = await createTestHost({
    plugins: [{ plugin: watched, config: { accounts: [{ ...account, workspace: 'main', inbound: { secret: SECRET } }] } }],
  });
});
afterAll(async () => {
  await host?.stop();
  await smtp?.stop();
});

it('a bounce finds the message whose Message-ID a relay has exchanged, by the header that says which one it is', async () => {
  const { id } = await customer(host);
  const message = await sent(host, host, id);
  const returned = `X-Trato-Message-Id: ${uuidOf(message.id)}\nMessage-ID: <0100018c@email.amazonses.example>\nSubject: Your order`;
  const report = reports.postfix('<gone@x>').replace('Subject: Your order', returned).replace('Message-ID: <gone@x>\n', '');
  expect((await handOver(host, report, { secret: SECRET })).body.outcome).toBe('BOUNCED');
  expect((await messageOf(host, message.id)).status).toBe('BOUNCED');
});

it('a bounce finds the message that was written down between its looks', async () => {
  const { id } = await customer(host);
  const queued = await queue(host, id);
  const statuses: string[] = [];
  onMiss = async () => {
    statuses.push((await messageOf(host, queued)).status);
    await host.drain();
    statuses.push((await messageOf(host, queued)).status);
  };
  const report = reports.postfix(`<${uuidOf(queued)}@shop.example>`);
  expect(await handOver(host, report, { secret: SECRET })).toEqual({ status: 200, body: { outcome: 'BOUNCED' } });
  expect(statuses).toEqual(['QUEUED', 'SENT']);
  expect(await messageOf(host, queued)).toMatchObject({ status: 'BOUNCED', error: expect.stringContaining('User unknown') });
});
