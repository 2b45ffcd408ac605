import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { canRun, chooseAccount } from './account.ts';
import { binariesIn, findBinaries } from './binaries.ts';
import { copyBinaries } from './outside.ts';

let closed: string;

beforeAll(async () => {
  closed = await realpath(await mkdtemp(join(tmpdir(), 'trato-outside-test-'))); // 0700
});
afterAll(async () => {
  await rm(closed, { recursive: true, force: true });
});

// Only root hands its programs to a user who may be unable to read them; for others this has no meaning and is skipped.
test.skipIf(process.getuid?.() !== 0)(
  'programs in a folder that the database user cannot enter, of modes it could not read, are copied once',
  async () => {
    const account = chooseAccount(join(closed, 'none'), () => {});
    const installed = join(closed, 'package');
    await mkdir(installed);
    execFileSync('cp', ['-a', (await findBinaries()).root, join(installed, 'native')]);
    execFileSync('chmod', ['-R', 'go-rwx', installed]);
    await writeFile(join(installed, 'package.json'), JSON.stringify({ version: closed }));
    const source = binariesIn(join(installed, 'native'));
    expect(canRun(account, source)).toBe(false);

    const lines: string[] = [];
    const log = (line: string) => void lines.push(line);
    const [copy, other] = await Promise.all([copyBinaries(source, account, log), copyBinaries(source, account, log)]);
    try {
      expect(other.root).toBe(copy.root);
      expect(canRun(account, copy)).toBe(true);
      expect(lines).toContain(`The database user cannot enter ${source.root}: copying the database programs to ${copy.root}.`);
      const { ino } = await stat(copy.root);
      await copyBinaries(source, account, () => expect.unreachable('a second copy'));
      expect((await stat(copy.root)).ino).toBe(ino);
    } finally {
      await rm(copy.root, { recursive: true, force: true });
    }
  },
);
