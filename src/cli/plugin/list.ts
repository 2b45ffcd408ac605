// Tells the plugins that a server would load with the settings of this environment. It runs their setup, and no database.
import '../../graphql/schema.ts';
import { loadPlugins } from '../../plugin/load-all.ts';
import { readConfig } from '../../server/config.ts';
import { failure } from '../failure.ts';

const silent = { info() {}, warn() {}, error() {} };

/** Prints a line for each plugin, its scopes below it; or JSON. */
export async function listPlugins({ json = false }: { json?: boolean }): Promise<void> {
  const config = readConfig();
  const loaded = await loadPlugins(config.plugins, { log: silent, logOf: () => silent }).catch((error: Error) => {
    throw failure('PLUGIN_FAILED', `plugin ${error.message}`, { cause: error });
  });
  const plugins = loaded.map(({ id, source, definition, added }) => {
    const { version, api, description, capabilities, scopes } = definition;
    return { id, version, api, description, source, capabilities, scopes: scopes as Record<string, string>, added };
  });
  if (json) process.stdout.write(`${JSON.stringify(plugins, null, 2)}\n`);
  else if (plugins.length === 0) process.stdout.write('no plugins\n');
  else process.stdout.write(plugins.map(linesOf).join(''));
}

type Listed = {
  id: string;
  version: string;
  description: string;
  source: string;
  capabilities: readonly string[];
  scopes: Record<string, string>;
};

function linesOf({ id, version, description, source, capabilities, scopes }: Listed): string {
  const lines = [
    `${id} ${version} (${source}): ${description}`,
    `  may: ${capabilities.join(', ') || 'nothing'}`,
    ...Object.entries(scopes).map(([scope, meaning]) => `  scope ${scope}: ${meaning}`),
  ];
  return `${lines.join('\n')}\n`;
}
