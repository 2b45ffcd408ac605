// What a plugin's `setup` is given: one part for each capability, absent unless the plugin declared it.
import type { z } from 'zod';
import type { CapabilityWord } from './capabilities.ts';
import type { JobContext, PluginEvent, PluginLog, WriteCallContext, WriteContext } from './contexts.ts';
import type { ChannelHost } from './host-channels.ts';
import type { SchemaHost } from './host-schema.ts';
import type { StrategyHost } from './host-strategies.ts';

/** Custom attributes on core records: the plugin's keys are prefixed, `tier` becomes `loyalty_tier`. Every workspace gets them. */
export type AttributesHost = {
  define(
    entity: 'Customer' | 'Interaction',
    attribute: {
      key: string;
      name: string;
      description: string;
      type: 'TEXT' | 'INTEGER' | 'DECIMAL' | 'BOOLEAN' | 'DATE' | 'DATETIME' | 'OPTION';
      options?: string[];
      indexed?: boolean;
    },
  ): void;
};

/** Tables of the plugin's own, in the PostgreSQL schema `plugin_<id>`. */
export type TablesHost = {
  /**
   * SQL by name, applied once, in the order of names, before anything else of the plugin runs; each in a transaction of its
   * own. One that was applied must never change. Every table has `workspace_id uuid` first in its primary key.
   */
  migrations(migrations: Record<`${number}_${string}`, string>): void;
};

export type EventsHost = {
  /**
   * Has `handle` called with every event of these types, once for what it writes: its writes commit with its place in the
   * log. Events of one customer come in order. One that fails is tried again with growing pauses while others go on, then set
   * aside where `Query.pluginFailures` shows it with the text of its error, which so must hold no secrets and nothing personal.
   * A type that the core does not write stops the start. It begins at the end of the log when the plugin first runs.
   */
  on(name: string, types: readonly string[], handle: (ctx: WriteContext, event: PluginEvent) => Promise<void>): void;
};

export type GuardsHost = {
  /**
   * Has `check` called in the transaction of a command such as `customerUpdate`, before it writes, with its input as the
   * command reads it (ids are UUIDs). `ctx.reject` vetoes. It must answer within two seconds, or the command is refused.
   * It goes by the command's name: `interactionRecord` is not `interactionsRecord`. Needs `read:` or `write:` of the command's subject.
   */
  before(command: string, check: (ctx: WriteCallContext, input: Record<string, unknown>) => Promise<void>): void;
};

export type SchedulesHost = {
  /** Has `run` called at start and then at least `everySeconds` apart, by one process of all. What is due must be in the data. */
  every(name: string, everySeconds: number, run: (ctx: JobContext) => Promise<void>): void;
};

export type HttpRequest = {
  method: string;
  /** As it was sent, from /plugins/ on, with the query: some senders sign it. */
  url: string;
  /** What stands in place of the path's parts such as `:id`. */
  params: Record<string, string>;
  /** The first value of each name. */
  query: Record<string, string>;
  /** By names in lower case. */
  headers: Record<string, string>;
  /** The bytes of the body, as they came: what signatures are made of. */
  body: Buffer;
};
/** Objects are sent as JSON. Headers that are not about the body, the way or `x-…`, such as cookies, are left out. At most 1 MB. */
export type HttpAnswer = { status: number; headers?: Record<string, string>; body?: string | Buffer | object };

export type HttpHost = {
  /**
   * Answers `method /plugins/<id>/<path>`. `verify` is asked first, whether the request comes from whom it says: it gives
   * the workspace, or null for 401. Nothing else of the plugin sees a request that is not verified. A path is words of
   * lower case joined by "/"; one of them may be a name such as `:id`. What is thrown, or takes longer than ten seconds,
   * answers 503 PLUGIN_UNAVAILABLE and goes to the log; what `ctx.reject` refused answers 422.
   */
  route(
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    path: string,
    route: {
      /** Most bytes of the body; 1,000,000 unless told. */
      bodyLimit?: number;
      verify(request: HttpRequest, ctx: JobContext): Promise<{ workspaceId: string } | null>;
      handle(ctx: JobContext & { workspaceId: string }, request: HttpRequest): Promise<HttpAnswer>;
    },
  ): void;
};

/** Like the global `fetch`, but refuses private addresses, follows no redirects, and gives up after ten seconds and 1 MB. */
export type NetworkHost = (
  url: string,
  init?: { method?: string; headers?: Record<string, string>; body?: string; signal?: AbortSignal },
) => Promise<{ status: number; headers: Record<string, string>; text(): string; json(): unknown }>;

type Parts<Scope extends string> = {
  schema: SchemaHost<Scope>;
  attributes: AttributesHost;
  tables: TablesHost;
  events: EventsHost;
  guards: GuardsHost;
  strategies: StrategyHost;
  channels: ChannelHost;
  schedules: SchedulesHost;
  http: HttpHost;
  network: NetworkHost;
};

/** What `setup` gets: the parts of the declared capabilities, and what needs none. */
export type Host<Config extends z.ZodType, Capabilities extends string, Scope extends string> = {
  config: z.output<Config>;
  log: PluginLog;
} & Pick<Parts<Scope>, Extract<Capabilities, CapabilityWord>>;

export type { Parts as HostParts };
