import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { duration, estimate, startProgress } from './progress.ts';

describe('estimate', () => {
  it('tells rate and time left by the bytes of this run alone', () => {
    expect(estimate({ doneBytes: 600, skippedBytes: 500, totalBytes: 1000, rows: 50, seconds: 10 })).toEqual({
      share: 0.6,
      rate: 5,
      left: 40,
    });
    expect(estimate({ doneBytes: 500, skippedBytes: 500, totalBytes: 1000, rows: 0, seconds: 0 })).toEqual({ share: 0.5, rate: 0 });
    expect(estimate({ doneBytes: 5, skippedBytes: 0, totalBytes: undefined, rows: 4, seconds: 2 })).toEqual({ rate: 2 });
  });
  it('writes durations as clocks do', () => {
    expect([7.4, 65, 3600, 86_399].map(duration)).toEqual(['0:07', '1:05', '1:00:00', '23:59:59']);
  });
});

describe('startProgress', () => {
  it('writes lines where there is no terminal, and nothing when quiet', async () => {
    const written: string[] = [];
    let first: () => void = () => undefined;
    const line = new Promise<void>((resolve) => {
      first = resolve;
    });
    const stream = new Writable({
      write: (chunk: Buffer, _, done) => {
        written.push(chunk.toString());
        first();
        done();
      },
    }) as unknown as NodeJS.WriteStream;
    const progress = startProgress({ totalBytes: 100, unit: 'rows', stream, everyMs: 5 });
    const keepAlive = setInterval(() => undefined, 1000);
    progress.label('customers');
    progress.bytes(50);
    progress.rows(1234);
    await line;
    progress.stop();
    clearInterval(keepAlive);
    expect(written[0]).toMatch(/^50 % · customers · 1,234 rows · [\d,]+ rows\/s · \d+:\d\d left\n$/);
    const count = written.length;
    const quiet = startProgress({ totalBytes: 100, unit: 'rows', stream, quiet: true });
    quiet.rows(1);
    quiet.stop();
    expect(written).toHaveLength(count);
  });
  it('draws a bar on a terminal', async () => {
    const written: string[] = [];
    let drawn: () => void = () => undefined;
    const bar = new Promise<void>((resolve) => {
      drawn = resolve;
    });
    const stream = Object.assign(
      new Writable({
        write: (chunk: Buffer, _, done) => {
          written.push(chunk.toString());
          if (written.join('').includes('#')) drawn();
          done();
        },
      }),
      { isTTY: true, columns: 120, cursorTo: () => true, clearLine: () => true, moveCursor: () => true },
    ) as unknown as NodeJS.WriteStream;
    const progress = startProgress({ totalBytes: 100, unit: 'rows', stream });
    const keepAlive = setInterval(() => undefined, 1000);
    progress.bytes(50);
    await bar;
    progress.stop();
    clearInterval(keepAlive);
    expect(written.join('')).toContain('##########..........');
  });
});
