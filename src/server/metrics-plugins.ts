// What plugins have before them, and what they failed at. Labels are few: the plugins, handlers and schedules that are
// loaded, and the providers of messages. The figures of the database are one statement for each page, which counts up to a limit.
import { Counter, Gauge, type Registry } from 'prom-client';
import sql from 'sql-template-tag';
import type { Database } from '../db/database.ts';
import { headSeq } from '../events/log.ts';
import { loadedPlugins } from '../plugin/registry.ts';
import { scheduleStates } from '../plugin/schedule-states.ts';

/** Counting stops here, for each handler and in all messages: whatever is above it, somebody has to look. */
const COUNT_LIMIT = 10_000;

type Figure = { kind: 'lag' | 'waiting' | 'dead' | 'queued'; plugin: string; handler: string; n: number };

export function pluginMetrics(db: Database, registers: Registry[]): void {
  // All gauges of a page ask at the same moment.
  let underWay: Promise<Figure[]> | undefined;
  const figures = () => {
    underWay ??= figuresOf(db).finally(() => {
      underWay = undefined;
    });
    return underWay;
  };
  const gauge = (name: string, help: string, labelNames: string[], set: (to: Gauge, figure: Figure) => void) =>
    new Gauge({
      name,
      help,
      labelNames,
      registers,
      async collect() {
        // While the database does not answer, nothing is told: a page without these is better than none.
        const found = await figures().catch((): Figure[] => []);
        this.reset();
        for (const figure of found) set(this, figure);
      },
    });
  gauge(
    'trato_plugin_handler_lag_events',
    'Events of the log that a handler of a plugin has not looked at yet, by plugin and handler.',
    ['plugin', 'handler'],
    (to, { kind, plugin, handler, n }) => kind === 'lag' && to.set({ plugin, handler }, n),
  );
  gauge(
    'trato_plugin_failures',
    `Events that a handler of a plugin could not take in, by plugin, handler and state ("waiting": tried again, or behind one that is; "dead": set aside), each counted up to ${COUNT_LIMIT}.`,
    ['plugin', 'handler', 'state'],
    (to, { kind, plugin, handler, n }) => (kind === 'waiting' || kind === 'dead') && to.set({ plugin, handler, state: kind }, n),
  );
  gauge(
    'trato_messages_queued',
    `Messages that are to be sent, for the first time or again, by provider, counted up to ${COUNT_LIMIT} in all.`,
    ['provider'],
    (to, { kind, plugin, n }) => kind === 'queued' && to.set({ provider: plugin }, n),
  );
  scheduleMetrics(registers);
}

/** Runs of this process alone: one process of all has the schedules. */
function scheduleMetrics(registers: Registry[]): void {
  const counter = (name: string, help: string, of: 'runs' | 'failures') =>
    new Counter({
      name,
      help,
      labelNames: ['plugin', 'schedule'],
      registers,
      collect() {
        this.reset();
        for (const { plugin, schedule, ...state } of scheduleStates()) this.inc({ plugin, schedule }, state[of]);
      },
    });
  counter('trato_plugin_schedule_runs_total', 'Runs of schedules of plugins in this process, by plugin and schedule.', 'runs');
  counter('trato_plugin_schedule_failures_total', 'Those of them that failed.', 'failures');
}

/** Indexes serve each part: the places by name, failures by plugin and handler, and messages that are queued have one of their own. */
async function figuresOf(db: Database): Promise<Figure[]> {
  const handlers = loadedPlugins().flatMap(({ id, added }) =>
    added.filter(({ kind }) => kind === 'HANDLER').map(({ name }) => ({ plugin: id, handler: name })),
  );
  return db.query<Figure>(sql`
    with h as (select * from unnest(${handlers.map(({ plugin }) => plugin)}::text[], ${handlers.map(({ handler }) => handler)}::text[]) as h (plugin, handler))
    select 'lag' as kind, h.plugin, h.handler, greatest(0, ${headSeq} - c.seq)::float8 as n
      from h join event_consumers c on c.name = 'plugin.' || h.plugin || '.' || h.handler
    union all
    select 'waiting', h.plugin, h.handler, f.n from h cross join lateral (select count(*)::float8 as n from (
      select from plugin_failures f where f.plugin = h.plugin and f.handler = h.handler and f.next_attempt_at is not null limit ${COUNT_LIMIT}) w) f
    union all
    select 'dead', h.plugin, h.handler, f.n from h cross join lateral (select count(*)::float8 as n from (
      select from plugin_failures f where f.plugin = h.plugin and f.handler = h.handler and f.next_attempt_at is null limit ${COUNT_LIMIT}) d) f
    union all
    select 'queued', m.provider, '', count(*)::float8
      from (select provider from messages where status = 'QUEUED' limit ${COUNT_LIMIT}) m group by m.provider`);
}
