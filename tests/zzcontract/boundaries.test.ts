// Arrows point one way: modules -> kernel -> auth -> db -> lib; a module reaches another only through its index; no circles.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../../src');
const layers = [
  ['lib'],
  ['db'],
  ['auth'],
  ['query', 'graphql', 'commands', 'events', 'jobs'],
  ['modules'],
  ['plugin'],
  ['server'],
  ['cli', 'main.ts'],
];
/** What an outer layer may be used for from further in, each with its reason. */
const exceptions: Record<string, string> = {
  // The catalogue of error codes is one file for all; it imports nothing of Trato.
  'graphql/errors.ts': 'auth',
  // The first sign-in links a user, and a change without its event would be missing from the log.
  'events/append.ts': 'auth',
  // The built schema is the sum of the modules.
  'modules/all.ts': 'graphql',
};

type Import = { from: string; to: string; typeOnly: boolean };

function imports(): Import[] {
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.ts') && !file.endsWith('.test.ts'),
  );
  return files.flatMap((file) => {
    const text = readFileSync(join(root, file), 'utf8');
    const found = [...text.matchAll(/^(?:import|export)\s+(type\s)?(?:[^'";]*?\sfrom\s+)?'(\.[^']+)'/gms)];
    return found.map((match) => ({ from: file, to: relative(root, resolve(root, dirname(file), match[2]!)), typeOnly: Boolean(match[1]) }));
  });
}

const layerOf = (file: string) => layers.findIndex((names) => names.includes(file.split('/')[0]!));
const all = imports().filter((one) => !one.to.startsWith('..'));

describe('boundaries', () => {
  it('saw the code', () => {
    expect(all.length).toBeGreaterThan(300);
    expect(all.filter((one) => layerOf(one.from) === -1 || layerOf(one.to) === -1)).toEqual([]);
  });

  it('no arrow points outwards', () => {
    const wrong = all.filter((one) => layerOf(one.to) > layerOf(one.from) && exceptions[one.to] !== one.from.split('/')[0]);
    expect(wrong.map((one) => `${one.from} -> ${one.to}`)).toEqual([]);
  });

  it('a module reaches another only through its index', () => {
    const moduleOf = (file: string) => (file.startsWith('modules/') && file.split('/').length > 2 ? file.split('/')[1] : null);
    const wrong = all.filter((one) => {
      const [from, to] = [moduleOf(one.from), moduleOf(one.to)];
      return to !== null && from !== to && one.from !== 'modules/all.ts' && !one.to.endsWith('/index.ts');
    });
    expect(wrong.map((one) => `${one.from} -> ${one.to}`)).toEqual([]);
  });

  it('there are no circles', () => {
    const graph = Map.groupBy(
      all.filter((one) => !one.typeOnly),
      (one) => one.from,
    );
    const done = new Set<string>();
    const circles: string[] = [];
    const visit = (file: string, path: string[]): void => {
      if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file].join(' -> '));
      if (done.has(file) || path.includes(file)) return;
      for (const one of graph.get(file) ?? []) visit(one.to, [...path, file]);
      done.add(file);
    };
    for (const file of graph.keys()) visit(file, []);
    expect(circles).toEqual([]);
  });
});
