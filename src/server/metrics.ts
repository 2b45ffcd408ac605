// Prometheus metrics: of the process, of requests, of plugins' routes, of the pool, of the event log and of live subscriptions.
import { Counter, collectDefaultMetrics, Gauge, Histogram, type Metric, Registry } from 'prom-client';
import sql from 'sql-template-tag';
import type { Database } from '../db/database.ts';
import type { EventHub } from '../events/hub.ts';
import { lastSeq } from '../events/log.ts';
import { webhookMetrics } from '../modules/webhooks/deliver/index.ts';
import { pluginMetrics } from './metrics-plugins.ts';

/** How live connections come. */
export type LiveTransport = 'ws' | 'sse';

export type OperationType = 'query' | 'mutation' | 'subscription' | 'unknown';

/** Open sockets, event streams and subscriptions, and how many connections have readers slower than their feeds. */
export type LiveCounts = { sockets: number; streams: number; subscriptions: number; waiting: number };

export type Metrics = {
  /** Counts an answered operation; `status` is the HTTP status, or `ws` or `sse` for one that came over a live connection. */
  answered(type: OperationType, status: number | LiveTransport, codes: readonly string[], seconds: number): void;
  /** Counts the points of an operation. */
  charged(points: number): void;
  /** Counts an answer of a subscription, and the time from its event to its bytes having left. */
  delivered(seconds: number, lagged: boolean): void;
  /** Counts a request to a route of a plugin; `status` is null where the sender went before it was answered. */
  routed(plugin: string, status: number | null, seconds: number): void;
  /** Tells where to read the number of live connections and subscriptions. */
  watchLive(read: () => LiveCounts): void;
  /** The page for Prometheus, and its content type. */
  page(): Promise<{ type: string; text: string }>;
};

/** Counting the inbox stops here: it is only long when the sequencer does not run. */
const INBOX_COUNT_LIMIT = 100_000;

let ofProcess: Registry | undefined;

/** The process has one set of default metrics, however many servers it runs. */
function processRegistry(): Registry {
  if (!ofProcess) {
    ofProcess = new Registry();
    collectDefaultMetrics({ register: ofProcess });
  }
  return ofProcess;
}

/** Bounds of the histograms, in seconds. */
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Makes the metrics of one server. */
export function createMetrics(db: Database, hub: EventHub): Metrics {
  const register = new Registry();
  const registers = [register];
  const requests = new Counter({
    name: 'trato_operations_total',
    help: 'Operations answered, by type and HTTP status ("ws": over a socket, "sse": over an event stream).',
    labelNames: ['type', 'status'],
    registers,
  });
  const errors = new Counter({
    name: 'trato_operation_errors_total',
    help: 'Errors in answers, by code.',
    labelNames: ['code'],
    registers,
  });
  const durations = new Histogram({
    name: 'trato_operation_duration_seconds',
    help: 'Time to answer an operation, by type.',
    labelNames: ['type'],
    buckets: SECONDS,
    registers,
  });
  const points = new Counter({ name: 'trato_cost_points_total', help: 'Points that operations cost.', registers });
  const deliveries = new Histogram({
    name: 'trato_feed_delivery_seconds',
    help: 'Time from an event reaching a subscription to its answer having left.',
    buckets: SECONDS,
    registers,
  });
  const lagged = new Counter({
    name: 'trato_feed_lagged_total',
    help: 'Times a subscription fell behind and went back to reading the log.',
    registers,
  });
  const routed = routeMetrics(registers);
  // Looked up once: labels are hashed each time otherwise.
  const requestsOf = remembered((type: string, status: string) => requests.labels(type, status));
  const durationsOf = remembered((type: string) => durations.labels(type));
  for (const metric of webhookMetrics) register.registerMetric(metric as Metric);
  pluginMetrics(db, registers);
  poolGauges(db, registers);
  eventGauges(db, hub, registers);
  return {
    answered(type, status, codes, seconds) {
      requestsOf(type, String(status)).inc();
      durationsOf(type).observe(seconds);
      for (const code of codes) errors.inc({ code });
    },
    charged: (count) => points.inc(count),
    delivered(seconds, isLagged) {
      deliveries.observe(seconds);
      if (isLagged) lagged.inc();
    },
    routed,
    watchLive: (read) => liveGauges(read, registers),
    async page() {
      const merged = Registry.merge([processRegistry(), register]);
      return { type: merged.contentType, text: await merged.metrics() };
    },
  };
}

/** Labels are few whatever is sent: the plugins that are loaded, and classes of statuses. */
function routeMetrics(registers: Registry[]): Metrics['routed'] {
  const requests = new Counter({
    name: 'trato_plugin_requests_total',
    help: 'Requests to routes of plugins, by plugin and class of the HTTP status ("gone": the sender did not wait for the answer).',
    labelNames: ['plugin', 'status'],
    registers,
  });
  const durations = new Histogram({
    name: 'trato_plugin_request_duration_seconds',
    help: 'Time to answer a request to a route of a plugin, by plugin.',
    labelNames: ['plugin'],
    buckets: SECONDS,
    registers,
  });
  return (plugin, status, seconds) => {
    requests.inc({ plugin, status: status === null ? 'gone' : `${Math.floor(status / 100)}xx` });
    durations.observe({ plugin }, seconds);
  };
}

function remembered<T>(make: (...labels: string[]) => T): (...labels: string[]) => T {
  const made = new Map<string, T>();
  return (...labels) => {
    const key = labels.join();
    let found = made.get(key);
    if (found === undefined) {
      found = make(...labels);
      made.set(key, found);
    }
    return found;
  };
}

function gauge(name: string, help: string, registers: Registry[], read: () => number | Promise<number>): void {
  new Gauge({
    name,
    help,
    registers,
    async collect() {
      this.set(await read());
    },
  });
}

function poolGauges({ pool }: Database, registers: Registry[]): void {
  gauge('trato_pool_connections', 'Connections of the pool to the database.', registers, () => pool.totalCount);
  gauge('trato_pool_in_use', 'Connections of the pool that are at work.', registers, () => pool.totalCount - pool.idleCount);
  gauge('trato_pool_waiting', 'Requests waiting for a connection.', registers, () => pool.waitingCount);
}

/** The figures of the log are NaN while the database does not answer: a page without them would hide the rest. */
function eventGauges(db: Database, hub: EventHub, registers: Registry[]): void {
  const orNaN = (read: () => Promise<number>) => () => read().catch(() => Number.NaN);
  gauge(
    'trato_event_log_head',
    'Last place given out in the event log.',
    registers,
    orNaN(async () => Number(await lastSeq(db))),
  );
  gauge(
    'trato_event_inbox_size',
    `Events waiting for their place in the log, counted up to ${INBOX_COUNT_LIMIT}.`,
    registers,
    orNaN(() => inboxSize(db)),
  );
  gauge(
    'trato_event_inbox_lag_seconds',
    'Age of the oldest event waiting for its place in the log.',
    registers,
    orNaN(() => inboxLag(db)),
  );
  gauge('trato_feed_followers', 'Feeds that follow the event log in this process.', registers, () => hub.followers());
}

async function inboxSize(db: Database): Promise<number> {
  const [row] = await db.query<{ n: number }>(
    sql`select count(*)::int as n from (select 1 from event_inbox limit ${INBOX_COUNT_LIMIT}) as i`,
  );
  return row!.n;
}

/** Seconds. The age is read from the id, a UUIDv7: `occurred_at` is when it happened to the customer, which may be long ago. */
export async function inboxLag(db: Database): Promise<number> {
  const [row] = await db.query<{ id: string }>(sql`select id from event_inbox order by position limit 1`);
  if (!row) return 0;
  const made = Number.parseInt(row.id.replaceAll('-', '').slice(0, 12), 16);
  return Math.max(0, (Date.now() - made) / 1000);
}

function liveGauges(read: () => LiveCounts, registers: Registry[]): void {
  gauge('trato_live_sockets', 'Open sockets.', registers, () => read().sockets);
  gauge('trato_live_streams', 'Open event streams.', registers, () => read().streams);
  gauge('trato_live_subscriptions', 'Open subscriptions.', registers, () => read().subscriptions);
  gauge('trato_live_slow_sockets', 'Sockets and event streams whose readers are slower than their feeds.', registers, () => read().waiting);
}
