// Fan-out: how long after the commit of an interaction 1,000 open subscriptions have it, over sockets and over SSE.
import { createClient as createSse } from 'graphql-sse';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { percentile, table } from '../support.ts';
import { type Partner, startPartner } from './server.ts';

const SUBSCRIPTIONS = 1_000;
const PER_SOCKET = 50;
const WRITES = 60;
const query = 'subscription { interactionRecorded { id subject customer { id displayName } } }';

type Transport = { name: string; open(partner: Partner, got: (id: string) => void): () => Promise<void> };
type Told = { data?: { interactionRecorded: { id: string } } | null };

const sockets: Transport = {
  name: 'graphql-ws, 20 sockets',
  open({ origin, key }, got) {
    const clients = Array.from({ length: SUBSCRIPTIONS / PER_SOCKET }, () =>
      createClient({
        url: `${origin.replace('http', 'ws')}/graphql`,
        webSocketImpl: WebSocket,
        connectionParams: { Authorization: `Bearer ${key}` },
      }),
    );
    for (const client of clients) for (let i = 0; i < PER_SOCKET; i++) client.subscribe({ query }, sinkOf(got) as never);
    return async () => void (await Promise.all(clients.map((client) => client.dispose())));
  },
};

const streams: Transport = {
  name: 'graphql-sse, 1,000 streams',
  open({ origin, key }, got) {
    const client = createSse({ url: `${origin}/graphql/stream`, headers: { authorization: `Bearer ${key}` } });
    const ends = Array.from({ length: SUBSCRIPTIONS }, () => client.subscribe({ query }, sinkOf(got) as never));
    return async () => {
      for (const end of ends) end();
      client.dispose();
    };
  },
};

function sinkOf(got: (id: string) => void) {
  return {
    next: ({ data }: Told) => data && got(data.interactionRecorded.id),
    error: (error: unknown) => console.error(error),
    complete() {},
  };
}

/** Runs the benchmark over both transports and prints the delays. */
export async function benchFanOut(): Promise<void> {
  const partner = await startPartner();
  const rows: (string | number)[][] = [['', 'delivered', 'p50 ms', 'p99 ms']];
  for (const transport of [sockets, streams]) rows.push(await measure(partner, transport));
  console.log(`\nfan-out: ${SUBSCRIPTIONS} subscriptions, ${WRITES} interactions one by one; since the commit was answered`);
  table(rows);
  await partner.stop();
}

async function measure(partner: Partner, transport: Transport): Promise<(string | number)[]> {
  const arrivals = new Map<string, number[]>();
  let received = 0;
  const close = transport.open(partner, (id) => {
    received++;
    const list = arrivals.get(id);
    if (list) list.push(performance.now());
    else arrivals.set(id, [performance.now()]);
  });
  await partner.until('trato_\\w*subscriptions', (open) => open >= SUBSCRIPTIONS);
  const delays: number[] = [];
  for (let n = 0; n < WRITES; n++) {
    const { id, answered } = await partner.record(n % 20);
    const wanted = (n + 1) * SUBSCRIPTIONS;
    for (let i = 0; i < 400 && received < wanted; i++) await new Promise((resolve) => setTimeout(resolve, 10));
    if (n >= 10) for (const at of arrivals.get(id) ?? []) delays.push(Math.max(0, at - answered));
  }
  await close();
  await partner.until('trato_\\w*subscriptions', (open) => open === 0);
  return [
    transport.name,
    `${received} of ${WRITES * SUBSCRIPTIONS}`,
    percentile(delays, 0.5).toFixed(1),
    percentile(delays, 0.99).toFixed(1),
  ];
}
