// A plugin, as its author writes it.
import type { z } from 'zod';
import type { Capability } from './capabilities.ts';
import type { Host } from './host.ts';

/** The version of what plugins are offered here. It follows semantic versioning; plugins say which ranges they work with. */
export const PLUGIN_API_VERSION = '1.0.0';

export type PluginDefinition<Config extends z.ZodType, Capabilities extends readonly Capability[], Scope extends string> = {
  /** Lower-case words joined by `-`, at most 30 characters: `channel-email`. It prefixes whatever the plugin adds, and never changes. */
  id: string;
  /** Its own version, semantic. */
  version: string;
  /** The range of plugin API versions that it works with: `^1.0.0`. */
  api: string;
  description: string;
  /** Checks its configuration and fills in defaults; what does not fit stops the start. */
  config: Config;
  /** Everything it may do. */
  capabilities: Capabilities;
  /** Permissions that it offers to roles, `<id>:read` and `<id>:write`, with what they allow. */
  scopes: Record<Scope, string>;
  /** Says what there is; called once at start, before anything runs. It registers, and does nothing else. */
  setup(host: Host<Config, Capabilities[number], Scope>): void;
};

/** Any plugin, for those who load it. */
// biome-ignore lint/suspicious/noExplicitAny: each has types of its own
export type Plugin = Omit<PluginDefinition<any, readonly Capability[], any>, 'capabilities'> & { capabilities: readonly string[] };

/**
 * Defines a plugin. Export it as `plugin` from the entry file of its package.
 *
 * @example
 * export const plugin = definePlugin({
 *   id: 'greeter', version: '1.0.0', api: '^1.0.0', description: 'Greets customers.',
 *   config: z.object({ word: z.string().default('Hello') }),
 *   capabilities: ['schema', 'read:customers'],
 *   scopes: { 'greeter:read': 'See greetings.' },
 *   setup({ schema, config }) {
 *     schema.field('Customer', 'greeting', {
 *       description: 'What to say first.', value: v.string(), scope: 'greeter:read',
 *       load: async (_ctx, ids) => new Map(ids.map((id) => [id, config.word])),
 *     });
 *   },
 * });
 */
export function definePlugin<Config extends z.ZodType, const Capabilities extends readonly Capability[], Scope extends string>(
  definition: PluginDefinition<Config, Capabilities, Scope>,
): PluginDefinition<Config, Capabilities, Scope> {
  return definition;
}
