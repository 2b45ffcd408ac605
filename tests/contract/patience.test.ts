// A test that waits with vitest's own limit, a second, fails by chance on a busy machine.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
/** The helper, whose own words are the limit, and this file with its examples. */
const EXEMPT = [join('tests', 'support', 'eventually.ts'), join('tests', 'contract', 'patience.test.ts')];
const files = ['src', 'tests', 'scripts', 'plugins']
  .flatMap((folder) => readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file)))
  .filter((file) => file.endsWith('.ts') && !file.includes('node_modules') && !EXEMPT.includes(file));

/** The calls of vi.waitFor and vi.waitUntil, each to the bracket that closes it. */
function waits(text: string): string[] {
  return [...text.matchAll(/\bvi\s*\.\s*wait(?:For|Until)\(/g)].map(({ index, 0: { length } }) => {
    let end = index + length;
    for (let open = 1; open > 0 && end < text.length; end++) open += Number(text[end] === '(') - Number(text[end] === ')');
    return text.slice(index, end);
  });
}

describe('a test that waits', () => {
  it('is found', () => {
    expect(files.length).toBeGreaterThan(300);
    expect(waits('await vi.waitFor(() => f(1));\nvi.waitUntil(() => g(), { timeout: 1 });')).toEqual([
      'vi.waitFor(() => f(1))',
      'vi.waitUntil(() => g(), { timeout: 1 })',
    ]);
  });

  it('says how long it waits, or leaves it to tests/support/eventually.ts', () => {
    const impatient = files.flatMap((file) =>
      waits(readFileSync(join(root, file), 'utf8'))
        .filter((call) => !/\btimeout\b/.test(call))
        .map((call) => `${file}: ${call}`),
    );
    expect(impatient).toEqual([]);
  });
});
