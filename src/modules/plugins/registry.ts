// What the API tells of plugins. They are loaded by what lies above the modules, which says here how to ask for them.

export type PluginReport = {
  id: string;
  version: string;
  description: string;
  apiRange: string;
  state: 'PREPARING' | 'ACTIVE' | 'FAILED';
  source: string;
  capabilities: readonly string[];
  scopes: readonly { permission: string; description: string }[];
  /** What keeps its statements to its own tables; null where it has none. */
  isolation: 'ROLE' | 'SEARCH_PATH' | null;
  added: readonly { kind: string; name: string }[];
  /** How its schedules fared in this process. */
  schedules: readonly { schedule: string; lastRunAt: Date | null; lastFailedAt: Date | null; lastFailure: string | null }[];
};

let report: () => PluginReport[] = () => [];

/** Says how to ask for the plugins of this process. */
export function reportPlugins(ask: () => PluginReport[]): void {
  report = ask;
}

/** The plugins of this process, in the order in which they were loaded. */
export function pluginReports(): PluginReport[] {
  return report();
}

/** Whether a plugin offers permissions of that subject: a plugin's subject is its id. */
export function isPluginSubject(subject: string): boolean {
  return report().some(({ id, scopes }) => id === subject && scopes.length > 0);
}
