// Feeds: how long after the commit of an interaction 500 open subscriptions have it. The server is a process of its own.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { percentile, spawnServer, table } from './support.ts';

const SUBSCRIPTIONS = 500;
const PER_SOCKET = 25;
const WRITES = 100;
const KEY = 'bench-administrator-key-0123456789';

const record = `mutation ($input: InteractionRecordInput!) { interactionRecord(input: $input) { interaction { id } userErrors { code message } } }`;

async function write(http: string, n: number): Promise<{ id: string; sent: number; answered: number }> {
  const input = {
    customer: { identity: { kind: 'EMAIL', value: `person${n % 20}@example.org` } },
    kind: 'enquiry',
    channel: 'email',
    direction: 'INBOUND',
    subject: `Question ${n}`,
  };
  const sent = performance.now();
  const response = await fetch(http, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${KEY}` },
    body: JSON.stringify({ query: record, variables: { input } }),
  });
  const body = (await response.json()) as { data: { interactionRecord: { interaction: { id: string } } } };
  return { id: body.data.interactionRecord.interaction.id, sent, answered: performance.now() };
}

/** Runs the benchmark and prints the delays. */
export async function benchFeed(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'trato-bench-'));
  const { origin, stop } = await spawnServer({ TRATO_DATA_DIR: folder, TRATO_API_KEY: KEY });
  const http = `${origin}/graphql`;
  const clients = Array.from({ length: SUBSCRIPTIONS / PER_SOCKET }, () =>
    createClient({ url: http.replace('http', 'ws'), webSocketImpl: WebSocket, connectionParams: { Authorization: `Bearer ${KEY}` } }),
  );
  const arrivals = new Map<string, number[]>();
  let received = 0;
  let open = 0;
  const started = performance.now();
  for (const client of clients) {
    for (let i = 0; i < PER_SOCKET; i++) {
      client.subscribe<{ interactionRecorded: { id: string } }>(
        { query: 'subscription { interactionRecorded { id subject customer { id displayName } } }' },
        {
          next: ({ data }) => {
            if (!data) return;
            received++;
            const list = arrivals.get(data.interactionRecorded.id);
            if (list) list.push(performance.now());
            else arrivals.set(data.interactionRecorded.id, [performance.now()]);
          },
          error: (error) => console.error(error),
          complete: () => {},
        },
      );
    }
  }
  const metric = async () => Number(/^trato_\w*subscriptions\w* (\d+)/m.exec(await (await fetch(`${origin}/metrics`)).text())?.[1] ?? 0);
  while (open < SUBSCRIPTIONS && performance.now() - started < 30_000) {
    open = await metric();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const writes: Awaited<ReturnType<typeof write>>[] = [];
  for (let n = 0; n < WRITES; n++) {
    writes.push(await write(http, n));
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
  const expected = WRITES * open;
  for (let i = 0; i < 400 && received < expected; i++) await new Promise((resolve) => setTimeout(resolve, 50));
  const since = (from: 'sent' | 'answered') =>
    writes.slice(10).flatMap((one) => (arrivals.get(one.id) ?? []).map((at) => Math.max(0, at - one[from])));
  console.log(
    `\nfeed: ${open} subscriptions on ${clients.length} sockets, ${WRITES} interactions one by one, ${received} of ${expected} deliveries`,
  );
  table([
    ['', 'p50 ms', 'p99 ms'],
    ['since the commit was answered', percentile(since('answered'), 0.5).toFixed(1), percentile(since('answered'), 0.99).toFixed(1)],
    ['since the mutation was sent', percentile(since('sent'), 0.5).toFixed(1), percentile(since('sent'), 0.99).toFixed(1)],
  ]);
  await Promise.all(clients.map((client) => client.dispose()));
  await stop();
  await rm(folder, { recursive: true, force: true });
}

if (import.meta.main) await benchFeed();
