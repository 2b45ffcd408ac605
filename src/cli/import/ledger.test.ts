import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Batch } from './batches.ts';
import { openLedger } from './ledger.ts';
import type { SourceRecord } from './records.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'trato-ledger-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const statePath = (): string => join(folder, 'state.json');
const rejectsPath = (): string => join(folder, 'rejects.jsonl');
const open = (more: object = {}) =>
  openLedger({
    input: { path: 'f.csv', size: 1, mtimeMs: 1.5, head: 'h' },
    mapping: 'm',
    server: 's',
    batchSize: 10,
    passes: 2,
    statePath: statePath(),
    rejectsPath: rejectsPath(),
    restart: false,
    ...more,
  });
const record = (number: number): SourceRecord => ({
  number,
  line: number + 1,
  bytes: 1,
  end: { offset: number, line: number + 2, record: number },
  values: { n: number },
});
const batch = (number: number, records: SourceRecord[], rejected: Batch['rejected'] = []): Batch => ({
  number,
  rows: records.map(({ values }) => values ?? {}),
  records,
  rejected,
  end: records.at(-1)?.end ?? { offset: 0, line: 1, record: 0 },
  read: records.length + rejected.length,
  skipped: 0,
});
const problem = { code: 'C', message: 'm', path: ['p'] };

describe('openLedger', () => {
  it('counts, and keeps rejected rows in the order of the file', () => {
    const ledger = open();
    ledger.acknowledge('first', batch(0, [record(1), record(3)], [{ record: record(2), problems: [problem] }]), [
      { status: 'CREATED' },
      { status: 'REJECTED', problems: [problem, { ...problem, code: 'D' }] },
    ]);
    expect(ledger.state.counts[0]).toEqual({ read: 3, created: 1, updated: 0, unchanged: 0, rejected: 2, skipped: 0 });
    const lines = readFileSync(rejectsPath(), 'utf8').trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as { row: number; errors?: unknown[] })).toMatchObject([
      { row: 2 },
      { row: 3, code: 'C', errors: [problem, { code: 'D' }] },
    ]);
    expect(JSON.parse(lines[0] ?? '')).not.toHaveProperty('errors');
  });
  it('goes on where it was, also in another pass, and cuts off what was not acknowledged', () => {
    const ledger = open();
    ledger.setupDone();
    ledger.header(['n']);
    ledger.acknowledge('first', batch(0, [record(1)], [{ record: record(2), problems: [problem] }]), [{ status: 'UPDATED' }]);
    ledger.nextPass();
    ledger.acknowledge('second', batch(0, [record(1)]), [{ status: 'UNCHANGED' }]);
    writeFileSync(rejectsPath(), `${readFileSync(rejectsPath(), 'utf8')}{"half`);
    const again = open({ batchSize: 99 });
    expect(again.resumed).toBe(true);
    expect(again.state).toEqual(ledger.state);
    expect(again.state).toMatchObject({ pass: 1, batch: 1, batchSize: 10, setupDone: true, columns: ['n'], position: { record: 1 } });
    expect(readFileSync(rejectsPath(), 'utf8').trimEnd().split('\n')).toHaveLength(1);
    again.finish();
    expect(existsSync(statePath())).toBe(false);
  });
  it('keeps no state of what failed before anything was sent', () => {
    open().abandon();
    expect(existsSync(statePath())).toBe(false);
    const begun = open();
    begun.setupDone();
    begun.abandon();
    expect(existsSync(statePath())).toBe(true);
  });
  it('refuses a state that is none, another file, and a lost file of rejected rows', () => {
    writeFileSync(statePath(), '{"version": 1}');
    expect(() => open()).toThrow(/is not the state of an import/);
    expect(open({ restart: true }).resumed).toBe(false);
    expect(() => open({ input: { path: 'f.csv', size: 2, mtimeMs: 1.5, head: 'h' } })).toThrow(/f.csv has changed/);
    expect(() => open({ rejectsPath: join(folder, 'other') })).toThrow(/its rejected rows went to/);
    open().acknowledge('first', batch(0, [], [{ record: record(1), problems: [problem] }]), []);
    rmSync(rejectsPath());
    expect(() => open()).toThrow(/shorter than the interrupted import left it/);
  });
});
