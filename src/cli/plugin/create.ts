// Writes a new plugin: a copy of the template, in which every form of its name is replaced.
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import '../../modules/all.ts'; // the core's types
import { assertCoreLacks } from '../../plugin/core-names.ts';
import { pluginNames } from '../../plugin/names.ts';
import { validateDefinition } from '../../plugin/validate.ts';
import { failure } from '../failure.ts';

const TEMPLATE = fileURLToPath(new URL('template', import.meta.url));
const TEMPLATE_ID = 'my-plugin';
/** Named so that it is no test of this repository: it is run by the test of this command, in the plugin that was made. */
const TEST = { from: 'test.ts', to: 'index.test.ts' };

const OWN_FOLDER = fileURLToPath(new URL('../../../plugins', import.meta.url));
const VITEST_CONFIG = fileURLToPath(new URL('../../plugin/testing/vitest-config.ts', import.meta.url));
/** The lines of the template's README that hold for plugins in the folder of this project. */
const OWN_LINES = /```sh\n[^`]*```\n/;

/** How a plugin in that folder is tested and run, from the folder of this project: shell commands. */
export function waysOf(id: string, folder: string): { test: string; run: string } {
  if (folder === OWN_FOLDER) return { test: `npx vitest run plugins/${id}`, run: 'npm start' };
  return {
    test: `npx vitest run --root ${quoted(join(folder, id))} --config ${quoted(VITEST_CONFIG)}`,
    run: `TRATO_PLUGINS_DIR=${quoted(folder)} npm start`,
  };
}

const quoted = (path: string): string => (/^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`);

/** What stays right when the folder is moved. */
const elsewhere = `In a checkout of Trato, where \`here\` is this folder and \`above\` the one above it:

\`\`\`sh
# its test, with everything that holds for every plugin
npx vitest run --root "$here" --config "$PWD/src/plugin/testing/vitest-config.ts"
TRATO_PLUGINS_DIR="$above" npm start   # loads the plugins that lie beside each other there
npm run trato -- plugin uninstall ${TEMPLATE_ID} --yes
\`\`\`
`;

/** Makes `<folder>/<id>`; answers the paths of its files. Nothing is there when it throws. */
export function createPlugin(id: string, folder: string): string[] {
  assertUsableId(id);
  const target = join(folder, id);
  if (existsSync(target)) throw failure('PLUGIN_EXISTS', `${target} exists already; nothing was written.`);
  mkdirSync(folder, { recursive: true });
  const unfinished = join(dirname(target), `.${id}-${process.pid}`);
  try {
    mkdirSync(unfinished);
    const names = readdirSync(TEMPLATE).map((from) => ({ from, to: from === TEST.from ? TEST.to : from }));
    for (const { from, to } of names) {
      const text = readFileSync(join(TEMPLATE, from), 'utf8');
      const fitting = from === 'README.md' && folder !== OWN_FOLDER ? text.replace(OWN_LINES, () => elsewhere) : text;
      writeFileSync(join(unfinished, to), renamed(fitting, id));
    }
    renameSync(unfinished, target);
    return names.map(({ to }) => join(target, to));
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true });
    throw failure('PLUGIN_NOT_WRITTEN', `${target} cannot be written: ${(error as Error).message}`, { cause: error });
  }
}

/** What loading it would say of the id. */
function assertUsableId(id: string): void {
  const rest = { version: '0.1.0', api: '*', description: id, config: z.object({}), capabilities: [], scopes: {}, setup: () => undefined };
  try {
    validateDefinition({ id, ...rest });
    assertCoreLacks({ id, names: pluginNames(id) });
  } catch (error) {
    throw failure('PLUGIN_ID_INVALID', `${(error as Error).message}.`, { cause: error });
  }
}

function renamed(text: string, id: string): string {
  const [from, to] = [pluginNames(TEMPLATE_ID), pluginNames(id)];
  const forms: [string, string][] = [
    [TEMPLATE_ID, id],
    [from.pascal, to.pascal],
    [from.camel, to.camel],
    [from.snake, to.snake],
    [from.upper, to.upper],
  ];
  return forms.reduce((changed, [old, next]) => changed.replaceAll(old, next), text);
}
