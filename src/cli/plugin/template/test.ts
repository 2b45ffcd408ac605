import { createTestHost, pluginContract, type TestHost } from 'trato/plugin/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { plugin } from './index.ts';

// Everything that holds for every plugin: names, rights, workspaces, double delivery, migrations, failures, uninstalling.
pluginContract(plugin);

// And what holds for this one.
describe('contact counts', () => {
  let host: TestHost;
  beforeAll(async () => {
    host = await createTestHost({ plugins: [{ plugin }] });
  });
  afterAll(() => host?.stop());

  test('counts what is recorded, and begins anew', async () => {
    const customer = await host.makeCustomer({ displayName: 'Ada' });
    await host.recordInteraction({ customer });
    await host.recordInteraction({ customer });
    await host.drain();

    const read = () => host.query('query ($id: ID!) { customer(by: { id: $id }) { myPluginContacts } }', { id: customer });
    expect(await read()).toEqual({ customer: { myPluginContacts: 2 } });

    const reset = `mutation ($input: MyPluginContactsResetInput!) {
      myPluginContactsReset(input: $input) { before userErrors { code } }
    }`;
    const again = () => host.query(reset, { input: { customer } });
    expect(await again()).toEqual({ myPluginContactsReset: { before: 2, userErrors: [] } });
    expect(await again()).toEqual({ myPluginContactsReset: { before: null, userErrors: [{ code: 'MY_PLUGIN_NOTHING_COUNTED' }] } });
    expect(await read()).toEqual({ customer: { myPluginContacts: 0 } });
  });
});
