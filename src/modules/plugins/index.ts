// Plugins as the API tells of them.
export { isPluginSubject, type PluginReport, pluginReports, reportPlugins } from './registry.ts';
export { DEAD_DAYS, deleteDeadFailures } from './retention.ts';
