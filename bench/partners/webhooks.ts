// Webhooks: deliveries per second to a receiver on this machine, and how long after its commit an event has arrived.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { percentile, table } from '../support.ts';
import { startPartner } from './server.ts';

const EVENTS = 20_000;
const PEOPLE = 500;
const SINGLE = 200;
const document = 'subscription { interactionRecorded { id subject occurredAt customer { id displayName } } }';
const create = `mutation ($input: WebhookCreateInput!) { webhookCreate(input: $input) { webhook { id } userErrors { code message path } } }`;

/** A receiver that takes everything and notes when what arrived first. */
async function startReceiver() {
  const arrived = new Map<string, number>();
  let requests = 0;
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part) => parts.push(part));
    request.on('end', () => {
      response.writeHead(204).end();
      const body = JSON.parse(Buffer.concat(parts).toString()) as { data: { interactionRecorded: { id: string } } };
      const { id } = body.data.interactionRecorded;
      requests++;
      if (!arrived.has(id)) arrived.set(id, performance.now());
    });
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const until = async (condition: () => boolean) => {
    while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
  };
  const stop = () => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${port}/`, arrived, requests: () => requests, until, stop };
}

/** Runs the benchmark and prints throughput and delays. */
export async function benchWebhooks(): Promise<void> {
  const partner = await startPartner();
  const receiver = await startReceiver();
  await partner.recordMany(PEOPLE, PEOPLE);
  const { webhookCreate } = await partner.ask(create, { input: { name: 'Bench', url: receiver.url, document, concurrency: 50 } });
  if (!webhookCreate.webhook) throw new Error(JSON.stringify(webhookCreate.userErrors));

  const delays: number[] = [];
  for (let n = 0; n < SINGLE; n++) {
    const { id, answered } = await partner.record(n % PEOPLE);
    await receiver.until(() => receiver.arrived.has(id));
    if (n >= 20) delays.push(Math.max(0, receiver.arrived.get(id)! - answered));
  }

  // Some of those that were recorded just before the webhook was made may have arrived too.
  const before = receiver.arrived.size;
  const began = performance.now();
  await partner.recordMany(EVENTS, PEOPLE);
  const written = performance.now();
  await receiver.until(() => receiver.arrived.size >= before + EVENTS);
  const ended = performance.now();
  console.log(`\nwebhooks: one receiver on this machine, ${PEOPLE} customers, 50 deliveries at once`);
  table([
    ['', ''],
    ['deliveries per second, written meanwhile', Math.round(EVENTS / ((ended - began) / 1000))],
    ['events written per second meanwhile', Math.round(EVENTS / ((written - began) / 1000))],
    ['commit answered to arrival, p50 ms', percentile(delays, 0.5).toFixed(1)],
    ['commit answered to arrival, p99 ms', percentile(delays, 0.99).toFixed(1)],
    ['each arrived once', receiver.requests() === receiver.arrived.size ? 'yes' : 'no'],
  ]);
  receiver.stop();
  await partner.stop();
}
