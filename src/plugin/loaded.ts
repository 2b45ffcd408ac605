// A plugin in this process: its definition, its configuration, and what its setup registered.
import type { Database } from '../db/database.ts';
import type { PluginLog } from './contexts.ts';
import type { Plugin } from './definition.ts';

export type PluginNames = {
  /** `ChannelEmail`: begins types. */
  pascal: string;
  /** `channelEmail`: begins fields. */
  camel: string;
  /** `channel_email`: begins attributes and names the schema `plugin_channel_email`. */
  snake: string;
  /** `CHANNEL_EMAIL`: begins codes of user errors. */
  upper: string;
};

/** What somebody who looks at the API is told a plugin adds. */
export type Added = {
  kind:
    | 'FIELD'
    | 'TYPE'
    | 'QUERY'
    | 'MUTATION'
    | 'SUBSCRIPTION'
    | 'HANDLER'
    | 'GUARD'
    | 'STRATEGY'
    | 'CHANNEL'
    | 'SCHEDULE'
    | 'ROUTE'
    | 'ATTRIBUTE'
    | 'MIGRATION';
  name: string;
};

/** What it is doing. One that has failed has stopped the start. */
export type PluginState = 'PREPARING' | 'ACTIVE' | 'FAILED';

export type LoadedPlugin = {
  id: string;
  definition: Plugin;
  config: unknown;
  names: PluginNames;
  log: PluginLog;
  /** Where it comes from, for those who look: a folder or a package. */
  source: string;
  state: PluginState;
  /** Whether `setup` is over: nothing may be registered after it. */
  sealed: boolean;
  added: Added[];
  /** What has to be done with the database before anything of the plugin runs, in order: installation, migrations, attributes. */
  prepare: ((db: Database) => Promise<void>)[];
};

/** Makes the part of a host that one capability stands for. It registers on the kernel, and notes in `added` what for. */
export type PartMaker<Part> = (plugin: LoadedPlugin) => Part;
