// Query.plugins: what is loaded, what it may do, and what it adds.
import { hasPermission } from '../../auth/permissions.ts';
import { builder } from '../../graphql/builder.ts';
import { viewerOf } from '../../graphql/context.ts';
import { apiError } from '../../graphql/errors.ts';
import { enumOfNames } from '../../graphql/refs.ts';
import { type PluginReport, pluginReports } from './registry.ts';

const StateRef = builder.enumType('PluginState', {
  description: 'What a plugin is doing.',
  values: {
    PREPARING: { description: 'Its tables and attributes are being brought up to date; nothing of it runs yet.' },
    ACTIVE: { description: 'It works.' },
    FAILED: { description: 'It could not be prepared.' },
  } as const,
});

const AdditionKindRef = enumOfNames(
  'PluginAdditionKind',
  'What sort of thing a plugin adds.',
  [
    'FIELD',
    'TYPE',
    'QUERY',
    'MUTATION',
    'SUBSCRIPTION',
    'HANDLER',
    'GUARD',
    'STRATEGY',
    'CHANNEL',
    'SCHEDULE',
    'ROUTE',
    'ATTRIBUTE',
    'MIGRATION',
  ],
  (kind) => `A ${kind.toLowerCase()}.`,
);

const ScopeRef = builder.objectRef<PluginReport['scopes'][number]>('PluginScope').implement({
  description: 'A permission that a plugin offers to roles.',
  fields: (t) => ({
    permission: t.exposeString('permission', { description: 'As roles name it: `loyalty:read`.' }),
    description: t.exposeString('description', { description: 'What it allows.' }),
  }),
});

const AdditionRef = builder.objectRef<PluginReport['added'][number]>('PluginAddition').implement({
  description: 'Something that a plugin adds.',
  fields: (t) => ({
    kind: t.field({ type: AdditionKindRef, description: 'What sort of thing.', resolve: ({ kind }) => kind }),
    name: t.exposeString('name', { description: 'Its name, such as `Customer.loyaltyPoints`.' }),
  }),
});

const ScheduleRef = builder.objectRef<PluginReport['schedules'][number]>('PluginSchedule').implement({
  description:
    'A schedule of a plugin, and how it fared in the process that answers. One process of all has the schedules: others know of no runs.',
  fields: (t) => ({
    name: t.exposeString('schedule', { description: 'Its name.' }),
    lastRunAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it last ended; null before.',
      resolve: ({ lastRunAt }) => lastRunAt,
    }),
    lastFailedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it last failed; null if never. As late as `lastRunAt` where its last run failed.',
      resolve: ({ lastFailedAt }) => lastFailedAt,
    }),
    failure: t.exposeString('lastFailure', {
      nullable: true,
      description: 'The kind of its last failure; the log has the rest.',
    }),
  }),
});

const isolationWords: Record<string, string> = {
  ROLE: 'A role of PostgreSQL that may touch nothing else.',
  SEARCH_PATH: 'Only where names are looked up, since the database user may not create roles.',
};
const IsolationRef = enumOfNames(
  'PluginIsolation',
  'What keeps the SQL of a plugin to its own tables.',
  Object.keys(isolationWords),
  (word) => isolationWords[word]!,
);

export const PluginRef = builder.objectRef<PluginReport>('Plugin').implement({
  description: 'A plugin of this server.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Its id, which begins the names of whatever it adds: `loyalty`.' }),
    version: t.exposeString('version', { description: 'Its own version.' }),
    description: t.exposeString('description', { description: 'What it does.' }),
    apiRange: t.exposeString('apiRange', { description: 'The versions of the plugin API that it works with: `^1.0.0`.' }),
    state: t.field({ type: StateRef, description: 'What it is doing.', resolve: ({ state }) => state }),
    source: t.exposeString('source', { description: 'Where it was loaded from: a folder or a package.' }),
    capabilities: t.stringList({
      description: 'All it may do: what it has not declared it does not get.',
      resolve: (plugin) => [...plugin.capabilities],
    }),
    scopes: t.field({ type: [ScopeRef], description: 'Permissions that it offers to roles.', resolve: ({ scopes }) => [...scopes] }),
    isolation: t.field({
      type: IsolationRef,
      nullable: true,
      description: 'What keeps its SQL to its own tables; null where it has none.',
      resolve: ({ isolation }) => isolation,
    }),
    added: t.field({ type: [AdditionRef], description: 'All it adds.', resolve: ({ added }) => [...added] }),
    schedules: t.field({
      type: [ScheduleRef],
      description: 'Its schedules, and how they fared: a plugin is ACTIVE also while its schedules fail.',
      resolve: ({ schedules }) => [...schedules],
    }),
  }),
});

builder.queryField('plugins', (t) =>
  t.field({
    type: [PluginRef],
    description: 'The plugins of this server, in the order in which they were loaded. Needs plugins:read.',
    resolve: (_root, _args, ctx) => {
      if (!hasPermission(viewerOf(ctx).role, 'plugins:read')) throw apiError('FORBIDDEN', 'The role lacks the permission plugins:read.');
      return pluginReports();
    },
  }),
);
