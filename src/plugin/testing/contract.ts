// What holds for every plugin, as tests: a plugin that passes can be given to others.
import { afterAll, beforeAll, describe } from 'vitest';
import type { Plugin } from '../definition.ts';
import { checkDelivery, checkTables, checkUninstall } from './contract/data.ts';
import { checkNames } from './contract/names.ts';
import { checkReading } from './contract/reading.ts';
import { checkRights } from './contract/rights.ts';
import { checkSubscriptions } from './contract/subscriptions.ts';
import { type ContractExamples, type ContractWorld, createWorld, prepareExamples } from './contract/world.ts';

export type ContractOptions = {
  /** The plugin's configuration. Other hosts of the same test file must give the same. */
  config?: unknown;
  examples?: ContractExamples;
  /** How long the checks wait for what happens by itself, in milliseconds; 20 seconds unless told. */
  patienceMs?: number;
};

const PATIENCE_MS = 20_000;

/**
 * Registers the tests of the contract: names, nullability, descriptions, scopes, hidden fields, workspaces, subscriptions, double
 * delivery, migrations, failures, statements of each field, uninstalling. Call it in a test file of vitest.
 *
 * @example
 * pluginContract(plugin, { config: { pointsPerUnit: '2' } });
 */
export function pluginContract(plugin: Plugin, { config, examples = {}, patienceMs = PATIENCE_MS }: ContractOptions = {}): void {
  const has = (capability: string) => plugin.capabilities.includes(capability as never);
  describe(`the contract of plugins: ${plugin.id}`, () => {
    let made: ContractWorld | undefined;
    const world = () => {
      if (!made) throw new Error('the host did not start');
      return made;
    };
    beforeAll(async () => {
      made = await createWorld(plugin, config);
      if (has('events') && has('tables')) return; // `checkDelivery` makes the examples
      await prepareExamples(made, made.one, made.customers.one, examples);
      await prepareExamples(made, made.other, made.customers.other, examples);
      await made.host.drain();
    }, 60_000);
    afterAll(() => made?.host.stop());

    checkNames(world);
    if (has('events') && has('tables')) checkDelivery(world, examples);
    if (has('schema')) {
      checkRights(world, examples);
      checkSubscriptions(world, examples, patienceMs);
      describe('its fields', () => checkReading(world, examples));
    }
    if (has('tables')) checkTables(world);
    checkUninstall(world, examples);
  });
}
