// Runs before `npm start`, `npm test` and `npm run trato`, under whatever Node the machine has: makes a bare checkout
// ready, and costs next to nothing when it is. Speaks on stderr only, for stdout belongs to the program that follows.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { install, isInstalled } from './install.mjs';
import { installationProblem, nodeProblem } from './installation.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const quiet = process.argv.includes('--quiet');

try {
  await prepare();
} catch (error) {
  console.error(`trato: ${error.message}`);
  process.exit(1);
}

async function prepare() {
  const problem = nodeProblem(process.versions.node);
  if (problem) throw new Error(problem);
  if (!isInstalled(root)) {
    await install(root, { quiet, finish: () => installationProblem(root) });
  }
  const models = join(root, 'scripts', 'generate-models.mjs');
  if (!existsSync(models)) return; // a container image brings what was generated, and not what generates it
  const { generateModels } = await import('./generate-models.mjs');
  await generateModels({ quiet: true });
}
