import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { disownPidFile, readPidFile } from './leftover.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trato-leftover-'));
});
afterAll(() => rm(folder, { recursive: true }));

test('a pid file of another program gets the own pid and keeps what else it names', async () => {
  const path = join(folder, 'postmaster.pid');
  await writeFile(path, '99999999\n/data\n1700000000\n5432\n');
  await disownPidFile(folder);
  expect(await readFile(path, 'utf8')).toBe(`${process.pid}\n/data\n1700000000\n5432\n`);
  await rm(path);
});

test('a server that ends at this moment takes its pid file away: there is nothing to disown, and none is made', async () => {
  await disownPidFile(folder);
  expect(await readPidFile(folder)).toBeUndefined();
});
