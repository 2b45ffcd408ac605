// What the contract's checks work on: a host with the plugin and two workspaces in which the same has happened.
import { knownSubjects } from '../../../auth/permissions.ts';
import { builtSchema } from '../../../graphql/built-schema.ts';
import type { Plugin } from '../../definition.ts';
import type { LoadedPlugin } from '../../loaded.ts';
import { capital } from '../../names.ts';
import { schemaOf } from '../../own-tables/names.ts';
import type { TestCaller, TestWorkspace } from '../callers.ts';
import { createTestHost, type TestHost } from '../host.ts';
import { type Instruments, instrumented } from '../instruments.ts';
import type { GivenArguments } from './samples.ts';

export type ContractExamples = {
  /**
   * Makes what the plugin has something to say about, in a workspace with this customer; called once in each of several
   * workspaces, and must do the same in all. Unless told: two interactions with a value.
   */
  prepare?(host: TestHost, workspace: TestWorkspace, customer: string): Promise<void>;
  /**
   * Arguments of fields for which made-up ones do not do, by name: `{ 'Customer.loyaltyPointsAt': '(at: "2026-01-01")' }`, and
   * `{ loyaltyPointsAdjust: '(input: {…})' }` for root fields.
   */
  arguments?: GivenArguments;
};

export type ContractWorld = {
  host: TestHost;
  plugin: LoadedPlugin;
  notes: Instruments;
  /** Two workspaces, each with one customer. */
  one: TestWorkspace;
  other: TestWorkspace;
  customers: { one: string; other: string };
  /** The plugin's schema of PostgreSQL. */
  tables: string;
  /** Its fields as the API names them. */
  fields: { type: string; name: string; scope: string | undefined; load: Instruments['fields'][number]['load'] }[];
  /** Somebody who may read everything of the core, and what is told. */
  reader(more: readonly string[], role?: { hiddenFields?: string[] }): Promise<TestCaller>;
};

export async function createWorld(definition: Plugin, config: unknown): Promise<ContractWorld> {
  const host = await createTestHost({ plugins: [{ plugin: definition, config }] });
  const other = await host.secondWorkspace();
  const plugin = host.plugins[0]!;
  const notes = instrumented(definition);
  const named = { kind: 'PERSON', displayName: 'Ada Example' };
  return {
    host,
    plugin,
    notes,
    one: host,
    other,
    customers: { one: await host.makeCustomer(named), other: await other.makeCustomer(named) },
    tables: schemaOf(plugin),
    fields: notes.fields.map((field) => ({ ...field, name: plugin.names.camel + capital(field.name) })),
    reader: (more, role) => host.as([...readEverything, ...more], role),
  };
}

export const readEverything = knownSubjects.filter((subject) => subject !== 'recognise').map((subject) => `${subject}:read`);

export async function prepareExamples({ host }: ContractWorld, workspace: TestWorkspace, customer: string, examples: ContractExamples) {
  if (examples.prepare) return examples.prepare(host, workspace, customer);
  for (const amount of ['120.00', '80.50']) {
    await workspace.recordInteraction({ customer, kind: 'order_placed', value: { amount, currency: 'EUR' } });
  }
}

/** The type of the schema that has this name and fields. */
export function objectType(name: string) {
  const type = builtSchema().getType(name);
  if (!type || !('getFields' in type)) throw new Error(`there is no type ${name}`);
  return type;
}
