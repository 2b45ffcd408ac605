import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readAllowed } from './breaking.ts';
import { allowListOf, checkSdl, currentSdl, writeSdl } from './sdl.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'trato-sdl-'));
  file = join(folder, 'schema.graphql');
});
afterEach(() => rmSync(folder, { recursive: true }));

const git = (...args: string[]) =>
  execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], { cwd: folder, stdio: 'ignore' });
const withMore = () => currentSdl().replace('type Query {\n', 'type Query {\n  "Gone." gone: Int\n');

test('a schema that takes something away is not written without a reason', () => {
  writeFileSync(file, withMore());
  expect(() => writeSdl(file)).toThrow('the API breaks its consumers: FIELD_REMOVED: Query.gone was removed.');
  expect(readFileSync(file, 'utf8')).toBe(withMore());
  writeSdl(file, 'nobody used it');
  expect(readFileSync(file, 'utf8')).toBe(currentSdl());
  expect(readAllowed(allowListOf(file))).toEqual([{ change: 'FIELD_REMOVED: Query.gone was removed.', reason: 'nobody used it' }]);
});

test('the check sees what was broken since the last commit, and in it', () => {
  writeFileSync(file, withMore());
  git('init', '-q');
  git('add', '.');
  git('commit', '-q', '-m', 'first');
  writeFileSync(file, currentSdl());
  expect(() => checkSdl(file)).toThrow('Query.gone was removed');
  git('add', '.');
  git('commit', '-q', '-m', 'second');
  expect(() => checkSdl(file)).toThrow('Query.gone was removed');
  expect(() => checkSdl(file, 'HEAD^')).toThrow('Query.gone was removed');
  expect(() => checkSdl(file, 'no-such-commit')).toThrow('there is no');
  writeFileSync(allowListOf(file), JSON.stringify([{ change: 'FIELD_REMOVED: Query.gone was removed.', reason: 'r' }]));
  checkSdl(file);
});

test('a stale schema, none, and one without a past', () => {
  expect(() => checkSdl(file)).toThrow('is stale');
  writeFileSync(file, withMore());
  expect(() => checkSdl(file)).toThrow('is stale');
  writeFileSync(file, currentSdl());
  checkSdl(file);
});

test('a list that says no reasons is refused', () => {
  writeFileSync(file, withMore());
  writeFileSync(allowListOf(file), '[{ "change": "x" }]');
  expect(() => writeSdl(file)).toThrow('must be a list of');
});
