// Scopes, hidden fields and workspaces: who is told what.
import { randomUUID } from 'node:crypto';
import type { GraphQLObjectType } from 'graphql';
import { expect, test } from 'vitest';
import { systemViewer } from '../../../auth/system-viewer.ts';
import { builtSchema } from '../../../graphql/built-schema.ts';
import { callContext } from '../../context.ts';
import { uuidOf } from '../../ids.ts';
import { capital } from '../../names.ts';
import type { TestCaller } from '../callers.ts';
import { fieldText, listOf } from './samples.ts';
import { type ContractExamples, type ContractWorld, objectType, prepareExamples } from './world.ts';

export function checkRights(world: () => ContractWorld, examples: ContractExamples): void {
  const given = examples.arguments ?? {};

  /** What somebody is told in one field, over the first records of its type. */
  async function toldOf(caller: TestCaller, { type, name }: { type: string; name: string }) {
    const field = (objectType(type) as GraphQLObjectType).getFields()[name]!;
    const text = fieldText(type, field as never, given, { customer: world().customers.one });
    const { data, errors } = await caller.answer(`{ all: ${listOf(builtSchema(), type)}(first: 10) { nodes { id told: ${text} } } }`);
    const nodes: { id: string; told: unknown }[] = data?.all?.nodes ?? [];
    return { values: nodes.map(({ told }) => told), codes: errors.map(({ extensions }) => extensions.code) };
  }

  async function codesOf(caller: TestCaller, root: 'query' | 'mutation', name: string): Promise<string[]> {
    const schema = builtSchema();
    const owner = root === 'query' ? schema.getQueryType()! : schema.getMutationType()!;
    const text = fieldText(owner.name, owner.getFields()[name]!, given, { customer: world().customers.one });
    return (await caller.answer(`${root} { ${text} }`)).errors.map(({ extensions }) => extensions.code);
  }

  const rootFields = () => {
    const { notes, plugin } = world();
    const full = ({ name, scope }: { name: string; scope: string }) => ({ name: plugin.names.camel + capital(name), scope });
    return [
      ...notes.queries.map((one) => ({ root: 'query' as const, ...full(one) })),
      ...notes.mutations.map((one) => ({ root: 'mutation' as const, ...full(one) })),
    ];
  };

  test('without its scopes nothing of it is told or changed', async () => {
    const { fields, reader } = world();
    const stranger = await reader([]);
    for (const field of fields.filter(({ scope }) => scope !== undefined)) {
      const { values, codes } = await toldOf(stranger, field);
      expect({ field: field.name, codes, told: values.filter((value) => value !== null) }).toEqual({
        field: field.name,
        codes: [],
        told: [],
      });
    }
    for (const { root, name } of rootFields())
      expect({ name, codes: await codesOf(stranger, root, name) }).toEqual({ name, codes: ['FORBIDDEN'] });
  });

  test('with the scope of each it answers', async () => {
    const { fields, reader } = world();
    for (const field of fields) {
      const { values, codes } = await toldOf(await reader(field.scope ? [field.scope] : []), field);
      expect({ field: field.name, codes }).toEqual({ field: field.name, codes: [] });
      if (field.type === 'Customer') expect(values.length).toBeGreaterThan(0);
    }
    for (const { root, name, scope } of rootFields()) {
      const codes = await codesOf(await reader([scope]), root, name);
      expect({ name, codes: codes.filter((code) => code !== 'BAD_USER_INPUT') }).toEqual({ name, codes: [] });
    }
  });

  test('roles can hide its fields', async () => {
    const { fields, reader } = world();
    if (fields.length === 0) return;
    const hiddenFields = fields.map(({ type, name }) => `${type}.${name}`);
    const caller = await reader(Object.keys(world().plugin.definition.scopes), { hiddenFields });
    for (const field of fields) {
      const { values } = await toldOf(caller, field);
      expect({ field: field.name, told: values.filter((value) => value !== null) }).toEqual({ field: field.name, told: [] });
    }
  });

  test('of another workspace it tells nothing', async () => {
    const { fields, host, plugin, one, customers } = world();
    const [mine, foreign] = [uuidOf(customers.one)!, uuidOf(customers.other)!];
    for (const { type, name, load } of fields) {
      if (type !== 'Customer') continue;
      const signal = new AbortController().signal;
      const viewer = systemViewer(one.workspaceId);
      const ctx = callContext(plugin, { db: host.db, workspaceId: one.workspaceId, viewer, signal });
      const nobody = randomUUID();
      const found = await load(ctx, [mine, foreign, nobody], defaultArguments(type, name) as never);
      expect({ name, told: found.get(foreign) }).toEqual({ name, told: found.get(nobody) });
    }
    for (const { root, name, scope } of rootFields()) {
      if (root !== 'query') continue;
      const owner = builtSchema().getQueryType()!;
      const text = fieldText('Query', owner.getFields()[name]!, given, { customer: customers.other });
      const { data } = await (await world().reader([scope])).answer(`{ ${text} }`);
      expect(JSON.stringify(data ?? null)).not.toContain(customers.other);
    }
  });

  test('what happens in another workspace changes nothing that it tells', async () => {
    const { fields, host } = world();
    const owner = builtSchema().getQueryType()!;
    const roots = rootFields().filter(({ root }) => root === 'query');
    const asked = [
      ...roots.map(({ name }) => ({
        name,
        text: fieldText('Query', owner.getFields()[name]!, given, { customer: world().customers.one }),
      })),
      ...fields.map(({ type, name }) => {
        const field = (objectType(type) as GraphQLObjectType).getFields()[name]!;
        const told = fieldText(type, field as never, given, { customer: world().customers.one });
        return { name: `${type}.${name}`, text: `all: ${listOf(builtSchema(), type)}(first: 10) { nodes { id ${told} } }` };
      }),
    ];
    if (asked.length === 0) return;
    const reader = await world().reader(Object.keys(world().plugin.definition.scopes));
    const answers = async () => {
      const found: { name: string; told: string }[] = [];
      for (const { name, text } of asked) {
        const { data, errors } = await reader.answer(`{ ${text} }`);
        const told = JSON.stringify({ data, codes: errors.map(({ extensions }) => extensions.code) });
        found.push({ name, told: told.replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>') });
      }
      return found;
    };
    const before = await answers();
    // What is another each time says nothing of workspaces.
    const again = await answers();
    const steady = (told: typeof before) => told.filter((_one, i) => before[i]!.told === again[i]!.told);
    const another = await host.secondWorkspace();
    await prepareExamples(world(), another, await another.makeCustomer({ kind: 'PERSON', displayName: 'Ada Example' }), examples);
    await host.drain();
    expect(steady(await answers())).toEqual(steady(before));
  });

  /** As they are where the caller gives none. */
  function defaultArguments(type: string, name: string): Record<string, unknown> {
    const field = (objectType(type) as GraphQLObjectType).getFields()[name]!;
    return Object.fromEntries(field.args.flatMap((arg) => (arg.defaultValue === undefined ? [] : [[arg.name, arg.defaultValue]])));
  }
}
