// What a setup throws that no sentence was made for: the plugin's author is told in which line.
import { expect, test } from 'vitest';
import { z } from 'zod';
import '../../src/modules/all.ts';
import type { Plugin } from '../../src/plugin/definition.ts';
import { loadPlugin } from '../../src/plugin/load.ts';
import { causeOf } from '../../src/plugin/timeouts.ts';

type Host = Record<string, Record<string, (...args: unknown[]) => void>>;
let count = 0;

function plugin(capabilities: string[], setup: (host: Host) => void): Plugin {
  const said = { version: '1.0.0', api: '^1.0.0', description: 'Throws.', config: z.object({}), capabilities, scopes: {}, setup };
  return { id: `throwing${++count}`, ...said } as unknown as Plugin;
}
const load = (definition: Plugin) => loadPlugin(definition, { log: { info() {}, warn() {}, error() {} } });

test.each([
  ['a type without fields', ['schema'], (host: Host) => host.schema!.type!('A', { description: 'A.' })],
  ['a route without functions', ['http'], (host: Host) => host.http!.route!('POST', 'a')],
  ['an error of its own', [], () => void (undefined as unknown as Host).schema],
])('%s: the line of the setup is told', (_what, capabilities, setup) => {
  expect(() => load(plugin(capabilities, setup))).toThrow(/^throwing\d+: .*undefined.* \(at .*plugins-setup-errors\.test\.ts:\d+:\d+\)*$/);
});

test('what has a sentence needs no line, and what is no error is said to be thrown', () => {
  const throwing = (what: unknown) =>
    plugin([], () => {
      throw what;
    });
  expect(() => load(throwing(new Error('No moon.')))).toThrow(/^throwing\d+: No moon\.$/);
  expect(() => load(throwing('no'))).toThrow(/^throwing\d+: no$/);
  expect(() => load(throwing(null))).toThrow(/^throwing\d+: its setup threw null$/);
});

test('the line in the log is one of a file, whatever was called from there', async () => {
  const here = /^at .*plugins-setup-errors\.test\.ts:\d+:\d+\)?$/;
  const parse = async () => JSON.parse('{');
  for (const work of [parse, async () => [1].map(() => JSON.parse('{')), () => Promise.all([parse()])]) {
    const error = await work().catch((thrown: unknown) => thrown);
    expect(causeOf(error)).toEqual({ reason: 'SyntaxError', at: expect.stringMatching(here) });
  }
});
