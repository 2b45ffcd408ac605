// Brings node_modules to what package-lock.json says. A stamp in node_modules, written last, marks a whole installation.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { exclusively } from './exclusive.mjs';

const FIRST_NEWS_MS = 1000;
const NEWS_MS = 5000;

/**
 * Whether node_modules of `root` was installed from the present lock file and checked.
 * @param {string} root
 */
export function isInstalled(root) {
  const stamp = stampFile(root);
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === stampText(root);
}

/**
 * Installs what the lock file of `root` says, unless a finished installation already equals it. Of several processes
 * one installs and the others wait. `finish` then checks the result, giving one line for what is wrong.
 * @param {string} root
 * @param {{ quiet?: boolean, finish?: () => string | undefined }} [options]
 * @throws {Error} with a message for the terminal
 */
export async function install(root, { quiet = false, finish = () => undefined } = {}) {
  await exclusively(
    root,
    { onWait: (file) => console.error(`trato: waiting for another process that installs this checkout (its pid is in ${file}) …`) },
    async () => {
      if (isInstalled(root)) return;
      if (!equalsLock(root)) await runNpm(root, quiet);
      const problem = finish();
      if (problem) throw new Error(problem);
      writeFileSync(stampFile(root), stampText(root));
    },
  );
}

const stampFile = (root) => join(root, 'node_modules', '.trato-installed');

function stampText(root) {
  const hash = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  return `${hash} ${process.platform}-${process.arch} ${withoutDevelopment() ? 'production' : 'all'}\n`;
}

function withoutDevelopment() {
  const omitted = (process.env.npm_config_omit ?? '').split(/\s+/);
  return omitted.includes('dev') || (process.env.NODE_ENV === 'production' && !(process.env.npm_config_include ?? '').includes('dev'));
}

/** npm writes its own list of what it installed as its last step: an installation made by hand need not be repeated. */
function equalsLock(root) {
  const list = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(list)) return false;
  const installed = JSON.parse(readFileSync(list, 'utf8')).packages;
  const { '': _, ...locked } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  const mayLack = (entry) => entry.optional || (withoutDevelopment() && (entry.dev || entry.devOptional));
  const same = (name, entry) => installed[name]?.version === entry.version && installed[name]?.integrity === entry.integrity;
  const matches = Object.entries(locked).every(([name, entry]) =>
    installed[name] ? same(name, entry) && existsSync(join(root, name)) : mayLack(entry),
  );
  return matches && Object.keys(installed).every((name) => locked[name]) && process.platform === platformOf(installed);
}

// A folder copied or mounted from another system holds that system's binaries.
function platformOf(installed) {
  const systems = Object.values(installed).flatMap((entry) => (entry.os?.length === 1 ? entry.os : []));
  return systems.length === 0 || systems.includes(process.platform) ? process.platform : systems[0];
}

async function runNpm(root, quiet) {
  const started = Date.now();
  let fetched = 0;
  let output = '';
  let timer;
  const news = () => {
    const seconds = Math.round((Date.now() - started) / 1000);
    console.error(`trato: installing … ${seconds} s${fetched > 0 ? `, ${fetched} packages fetched` : ''}`);
    timer = setTimeout(news, NEWS_MS);
  };
  if (!quiet) console.error('trato: installing the packages that package-lock.json lists (npm ci) …');
  timer = setTimeout(news, quiet ? FIRST_NEWS_MS : NEWS_MS);
  const { file, args, shell } = npmCommand();
  const child = spawn(file, [...args, installCommand(root), '--no-audit', '--no-fund', '--loglevel=http'], {
    cwd: root,
    shell,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      fetched += text.match(/http fetch GET 200 \S+\.tgz/g)?.length ?? 0;
      output = (output + text).slice(-100_000);
    });
  }
  const code = await new Promise((resolve) => {
    child.once('error', (error) => {
      output += `npm error ${error.message}\n`;
      resolve('no exit code');
    });
    child.once('close', (status, signal) => resolve(status ?? signal));
  });
  clearTimeout(timer);
  if (code !== 0) {
    const errors = output
      .split('\n')
      .filter((line) => /^npm (error|ERR!)/.test(line))
      .slice(0, 15);
    throw new Error(`the packages could not be installed (npm ended with ${code}).\n${errors.join('\n')}`);
  }
  if (!quiet || Date.now() - started > FIRST_NEWS_MS) console.error(`trato: installed in ${Math.round((Date.now() - started) / 1000)} s`);
}

// Windows cannot delete the Node that runs this script, as `npm ci` would: there only what differs is replaced.
function installCommand(root) {
  return process.platform === 'win32' && existsSync(join(root, 'node_modules')) ? 'install' : 'ci';
}

function npmCommand() {
  const { npm_execpath: npm, npm_node_execpath: node } = process.env;
  if (npm && basename(npm).startsWith('npm-cli') && existsSync(npm)) return { file: node ?? process.execPath, args: [npm], shell: false };
  return { file: 'npm', args: [], shell: process.platform === 'win32' };
}
