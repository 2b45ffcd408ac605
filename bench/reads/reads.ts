// Reads: Trato beside raw HTTP JSON, bare Apollo, PostGraphile 5 and Pothos with Prisma, on one database, in one run. All
// servers run; they are asked in turn, one at a time, round after round, so that a slow moment of the machine meets all.
import { median, table } from '../support.ts';
import { mustAgree } from './agreement.ts';
import { apollo, raw } from './clients/handwritten.ts';
import { postgraphile } from './clients/postgraphile.ts';
import { pothos } from './clients/pothos.ts';
import { trato } from './clients/trato.ts';
import { startReadsDatabase } from './database.ts';
import { benchDepth } from './depth.ts';
import { type Load, startLoad } from './load.ts';
import { type Figures, type Generator, measure } from './measure.ts';
import { installPeers } from './packages.ts';
import type { MeasuredServer } from './server.ts';
import { type Client, poster, type RequestKey, readWorld, requestKeys, type World } from './world.ts';

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 7);
const CONNECTIONS = 8;
/** A peer that needs longer for its requests of a round gets fewer of them. */
const ROUND_SECONDS = 2;
const clients: Client[] = [trato, raw, apollo, postgraphile, pothos];

const requests: Record<RequestKey, { title: string; count: number }> = {
  Page20x5: { title: '20 customers with 5 interactions each, and tags', count: 400 },
  Page100x10: { title: '100 customers with 10 interactions each, and tags', count: 100 },
  One: { title: 'one customer by id, with its owner', count: 1000 },
  Deep: { title: 'page 1,000 of the customers of one country by name, by cursor', count: 600 },
  Timeline: { title: "a customer's timeline: 20 things of six types", count: 500 },
  Count: { title: 'totalCount of the customers of one country (1,000 rows, exact)', count: 400 },
};

type Running = { client: Client; server: MeasuredServer };

/**
 * Runs the benchmark and prints its tables. BENCH_PEERS and BENCH_REQUESTS choose some of them, by names with commas between,
 * BENCH_ROUNDS says how many rounds, and BENCH_TRATO_FLAGS gives Trato's Node flags, such as `--cpu-prof`.
 */
export async function benchReads(): Promise<void> {
  await installPeers();
  const only = process.env.BENCH_PEERS?.split(',');
  const database = await startReadsDatabase();
  const running: Running[] = [];
  const generator = startLoad();
  try {
    const world = await readWorld(database);
    for (const client of clients) {
      if (!only || only.some((name) => client.name.toLowerCase().includes(name.toLowerCase())))
        running.push({ client, server: await client.start(database) });
    }
    console.log(`\nreads: 100,000 customers, 1,100,000 interactions, ${CONNECTIONS} connections, medians of ${ROUNDS} rounds`);
    const asked = process.env.BENCH_REQUESTS?.split(',');
    for (const key of requestKeys.filter((name) => !asked || asked.includes(name)))
      report(key, await compare(key, running, world, generator, database.pid));
    const ours = running.find(({ client }) => client === trato);
    if (ours) await benchDepth(ours.server, generator, database.pid);
  } finally {
    generator.stop();
    for (const { server } of running) await server.stop();
    await database.stop();
  }
}

type Rounds = Map<string, Figures[]>;

async function compare(key: RequestKey, running: Running[], world: World, generator: Generator, databasePid: number): Promise<Rounds> {
  const bodies = new Map<string, string[]>();
  const told = new Map<string, unknown>();
  for (const { client, server } of running) {
    const post = poster(client, server.port);
    const operations = await client.bodies(key, world, post);
    told.set(client.name, client.tell(key, (await post(operations[0]!)) as never));
    bodies.set(
      client.name,
      operations.map((operation) => JSON.stringify(operation)),
    );
  }
  mustAgree(key, told);
  const loads = new Map<string, Load>();
  for (const { client, server } of running) {
    const load = {
      port: server.port,
      path: client.path,
      headers: client.headers,
      bodies: bodies.get(client.name)!,
      connections: CONNECTIONS,
    };
    loads.set(client.name, { ...load, count: await warmUp(load, requests[key].count, generator) });
  }
  const figures: Rounds = new Map(running.map(({ client }) => [client.name, []]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const { client, server } of running)
      figures.get(client.name)!.push(await measure(generator, server, databasePid, loads.get(client.name)!));
  }
  return figures;
}

/** Sends requests until a server's code is compiled, and gives how many of them make a round. */
async function warmUp(load: Omit<Load, 'count'>, count: number, generator: Generator): Promise<number> {
  const { seconds } = await generator.run({ ...load, count: CONNECTIONS * 2 });
  const fitting = Math.ceil(((CONNECTIONS * 2) / seconds) * ROUND_SECONDS);
  await generator.run({ ...load, count: Math.min(count, fitting) * 2 });
  return Math.min(count, Math.max(fitting, CONNECTIONS * 2));
}

/** Prints medians. Ratios are medians of those of each round, in which a slow moment of the machine meets both. */
function report(key: RequestKey, rounds: Rounds): void {
  const of = (name: string, figure: keyof Figures) => median(rounds.get(name)!.map((round) => round[figure]));
  const ratio = (name: string, other: Client) => {
    const others = rounds.get(other.name);
    return others ? median(rounds.get(name)!.map((round, i) => round.cpu / others[i]!.cpu)).toFixed(2) : '-';
  };
  console.log(`\n${key}: ${requests[key].title}`);
  table([
    ['', 'server CPU ms', 'of raw', 'requests/s', 'p50 ms', 'database CPU ms'],
    ...[...rounds.keys()].map((name) => [
      name,
      of(name, 'cpu').toFixed(3),
      ratio(name, raw),
      Math.round(of(name, 'perSecond')),
      of(name, 'p50').toFixed(1),
      of(name, 'databaseCpu').toFixed(2),
    ]),
  ]);
  if (!rounds.has(trato.name)) return;
  const peers = clients.filter((client) => client !== trato && rounds.has(client.name));
  console.log(`server CPU: ${peers.map((peer) => `Trato/${peer.name} ${ratio(trato.name, peer)}`).join(', ')}`);
}

if (import.meta.main) await benchReads();
