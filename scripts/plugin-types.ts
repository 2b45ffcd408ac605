// `npm run types`: writes the types of `trato/plugin` as a package of their own, for the compilers of those who write plugins
// outside of this repository. Its own sources would not do: a compiler would check them all, by its own settings.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = fileURLToPath(new URL('..', import.meta.url));
const entries = ['plugin/index.d.ts', 'plugin/testing/index.d.ts'];
/** Where the types of a package that has none of its own are. */
const typesOf: Record<string, string> = { pg: '@types/pg' };
const imported = /(\bfrom |\bimport |\bimport\()(['"])([^'"\n]+)\2/g;

/** Makes `folder` the package `trato` with types alone; answers how many files it has. What is there and is no such package is left. */
export function writePluginTypes(folder: string): number {
  const { name, version, dependencies, devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  assertOurs(folder, name);
  const work = mkdtempSync(join(tmpdir(), 'trato-types-'));
  try {
    declare(work);
    const { files, packages } = reached(work);
    const known: Record<string, string> = { ...devDependencies, ...dependencies };
    const needed = [...packages, 'node'].map((one) => typesOf[one] ?? (one === 'node' ? '@types/node' : one)).sort();
    rmSync(folder, { recursive: true, force: true });
    for (const [path, text] of files) write(join(folder, path), text);
    const manifest = {
      name,
      version,
      description: 'The types of trato/plugin and trato/plugin/testing. The server brings what they stand for.',
      type: 'module',
      exports: {
        './plugin': { types: './plugin/index.d.ts' },
        './plugin/testing': { types: './plugin/testing/index.d.ts' },
        './package.json': './package.json',
      },
      dependencies: Object.fromEntries(needed.map((one) => [one, known[one]])),
    };
    write(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
    return files.size;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function assertOurs(folder: string, name: string): void {
  if (!existsSync(folder) || readdirSync(folder).length === 0) return;
  const manifest = join(folder, 'package.json');
  const there = existsSync(manifest) ? JSON.parse(readFileSync(manifest, 'utf8')) : {};
  if (there.name !== name || there.scripts !== undefined) throw new Error(`${folder} holds something else: nothing was written`);
}

/** Declarations of the two entries and of all that they load; the project's own check has found no errors in them. */
function declare(to: string): void {
  const config = {
    extends: join(root, 'tsconfig.json'),
    compilerOptions: {
      noEmit: false,
      declaration: true,
      emitDeclarationOnly: true,
      noCheck: true,
      rootDir: join(root, 'src'),
      outDir: to,
      typeRoots: [join(root, 'node_modules/@types')],
    },
    include: [],
    files: entries.map((entry) => join(root, 'src', entry.replace('.d.ts', '.ts'))),
  };
  const path = join(to, 'tsconfig.json');
  writeFileSync(path, JSON.stringify(config));
  execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', path], { stdio: ['ignore', 2, 2] });
}

/** The declarations that the entries reach, written for any compiler, and the packages that these name. */
function reached(folder: string): { files: Map<string, string>; packages: Set<string> } {
  const files = new Map<string, string>();
  const packages = new Set<string>();
  const todo = [...entries];
  for (let path = todo.pop(); path !== undefined; path = todo.pop()) {
    if (files.has(path)) continue;
    const from = path;
    const text = readFileSync(join(folder, from), 'utf8').replace(imported, (_all, word: string, quote: string, specifier: string) => {
      if (specifier.startsWith('.')) todo.push(join(dirname(from), specifier.replace(/\.ts$/, '.d.ts')));
      else if (!specifier.startsWith('node:')) packages.add(packageOf(specifier));
      return `${word}${quote}${specifier.startsWith('.') ? specifier.replace(/\.ts$/, '.js') : specifier}${quote}`;
    });
    files.set(from, entries.includes(from) ? `/// <reference types="node" />\n${text}` : text);
  }
  return { files, packages };
}

const packageOf = (specifier: string): string => specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { to } = parseArgs({ options: { to: { type: 'string', default: join(root, 'dist-types') } } }).values;
  const folder = resolve(to);
  const count = writePluginTypes(folder);
  process.stderr.write(`wrote ${folder} (${count} files)\n`);
}
