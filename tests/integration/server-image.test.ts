// The container image, as far as it can be checked without a container engine.
import { existsSync, readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (file: string) => readFileSync(`${root}${file}`, 'utf8');
const steps = read('Dockerfile').replaceAll(/\\\n/g, ' ').split('\n');
const ofContext = steps
  .filter((line) => line.startsWith('COPY ') && !line.includes('--from='))
  .map((line) => line.split(/\s+/).slice(1, -1));

test('everything that the image copies exists and is let through by .dockerignore', () => {
  const sources = ofContext.flat();
  expect(sources.length).toBeGreaterThan(5);
  const through = read('.dockerignore')
    .split('\n')
    .filter((line) => line.startsWith('!'))
    .map((line) => line.slice(1));
  for (const source of sources) {
    const path = source.replace(/\/$/, '');
    expect(existsSync(`${root}${path}`), source).toBe(true);
    expect(through, source).toContain(path);
    if (source.endsWith('/')) expect(statSync(`${root}${path}`).isDirectory()).toBe(true);
  }
});

test('what the second stage takes from the first was made there', () => {
  const made = new Set(['node_modules', ...ofContext.flat().map((source) => source.replace(/\/$/, ''))]);
  const taken = steps
    .filter((line) => line.includes('--from=build'))
    .map((line) =>
      line
        .split(/\s+/)[2]!
        .replace(/^\/app\//, '')
        .replace(/\/$/, ''),
    );
  expect(taken.length).toBeGreaterThan(2);
  for (const path of taken)
    expect(
      [...made].some((have) => path === have || path.startsWith(`${have}/`)),
      path,
    ).toBe(true);
});

test('the image runs as an ordinary user, is probed, and starts what npm start does', () => {
  expect(steps).toContain('USER node');
  expect(steps.find((line) => line.startsWith('HEALTHCHECK'))).toContain('/readyz');
  const start = JSON.parse(read('package.json')).scripts.start as string;
  expect(JSON.parse(steps.find((line) => line.startsWith('CMD'))!.slice(4)).join(' ')).toBe(start);
});

test('the scripts that run in CI exist', () => {
  expect(statSync(`${root}.ci/run`).mode & 0o111).not.toBe(0);
  const { scripts } = JSON.parse(read('package.json'));
  for (const [, name] of read('.ci/run').matchAll(/^npm (?:run -s )?(\w+)$/gm)) expect(scripts).toHaveProperty(name!);
});
