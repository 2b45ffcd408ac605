// The plugin's own data: events that come twice, starting again, being kept apart, and being taken away.
import type { GraphQLObjectType } from 'graphql';
import { expect, test } from 'vitest';
import { readEvents } from '../../../events/index.ts';
import { readContext } from '../../context.ts';
import { uninstallPlugin } from '../../own-tables/index.ts';
import { prepareAgain } from '../host.ts';
import { rowsOf, tablesOf, withoutIds, withoutWorkspace } from './rows.ts';
import { fieldText } from './samples.ts';
import { type ContractExamples, type ContractWorld, objectType, prepareExamples } from './world.ts';

const quiet = { info() {}, warn() {}, error() {} };

/** Makes the examples in both workspaces; in the first, every event comes twice. */
export function checkDelivery(world: () => ContractWorld, examples: ContractExamples): void {
  test('events that come twice change what they change once', async () => {
    const { host, one, other, customers, notes, tables } = world();
    const everything = () => rowsOf(host.db, tables);
    await prepareExamples(world(), one, customers.one, examples);
    await prepareExamples(world(), other, customers.other, examples);
    await host.events.drained();
    const types = [...new Set(notes.handlers.flatMap((handler) => handler.types))];
    const before = await everything();
    for (const event of await readEvents(host.db, { workspaceId: one.workspaceId, types, limit: 500 })) await host.deliverAgain(event);
    // What was not committed is not there, so nothing was written past the transaction.
    expect(await everything()).toEqual(before);
    await host.drain();
    const after = await everything();
    expect(withoutIds(await rowsOf(host.db, tables, one.workspaceId))).toEqual(
      withoutIds(await rowsOf(host.db, tables, other.workspaceId)),
    );
    await host.drain();
    expect(await everything()).toEqual(after);
    const failures = await host.db.query({ text: 'select handler, error from plugin_failures', values: [] });
    expect(failures).toEqual([]);
  });

  test('events that have lost their data, because a customer was erased, fail no handler', async () => {
    const { host, one, notes } = world();
    const types = [...new Set(notes.handlers.flatMap((handler) => handler.types))];
    const events = await readEvents(host.db, { workspaceId: one.workspaceId, types, limit: 500 });
    for (const event of events) await host.deliverAgain({ ...event, data: { erased: true } });
  });
}

export function checkTables(world: () => ContractWorld): void {
  test('its tables belong to workspaces, and a second start leaves them as they are', async () => {
    const { host, tables, plugin } = world();
    expect(await withoutWorkspace(host.db, tables)).toEqual([]);
    const applied = () =>
      host.db.query({ text: 'select * from plugin_migrations where plugin_id = $1 order by name', values: [plugin.id] });
    const before = { applied: await applied(), rows: await rowsOf(host.db, tables) };
    expect(before.applied.length).toBeGreaterThan(0);
    await prepareAgain(host.db, quiet);
    expect({ applied: await applied(), rows: await rowsOf(host.db, tables) }).toEqual(before);
  });

  test('its statements reach no table of the core', async () => {
    const { host, plugin, one } = world();
    const ctx = readContext(plugin, { db: host.db, workspaceId: one.workspaceId });
    for (const table of ['customers', 'public.customers', 'public.api_keys']) {
      await expect(ctx.sql({ text: `select * from ${table} limit 1`, values: [] })).rejects.toThrow();
    }
  });
}

export function checkUninstall(world: () => ContractWorld, examples: ContractExamples): void {
  test('it can be uninstalled, and installed again', async () => {
    const { host, plugin, tables, one, customers, fields } = world();
    await uninstallPlugin(host.db, plugin.id);
    expect(await tablesOf(host.db, tables)).toEqual([]);
    for (const table of ['plugin_installations where id', 'plugin_migrations where plugin_id', 'plugin_failures where plugin']) {
      expect(await host.db.query({ text: `select 1 from ${table} = $1`, values: [plugin.id] })).toEqual([]);
    }
    const core = 'query ($id: ID!) { customer(by: { id: $id }) { id displayName } }';
    expect((await one.query(core, { id: customers.one })).customer.id).toBe(customers.one);

    await prepareAgain(host.db, quiet);
    await host.drain();
    const type = objectType('Customer') as GraphQLObjectType;
    const own = fields.filter((field) => field.type === 'Customer').map(({ name }) => type.getFields()[name]!);
    const asked = own.map((field) => fieldText('Customer', field as never, examples.arguments ?? {}, { customer: customers.one }));
    const { errors } = await one.answer(`query ($id: ID!) { customer(by: { id: $id }) { id ${asked.join(' ')} } }`, { id: customers.one });
    expect(errors).toEqual([]);
    expect((await tablesOf(host.db, tables)).length > 0).toBe(plugin.definition.capabilities.includes('tables'));
  });
}
