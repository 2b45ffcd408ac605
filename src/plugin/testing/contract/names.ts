// Naming: whatever a plugin adds begins with its id, is described, and nothing that it adds to core types can be relied on.
import { type GraphQLOutputType, isNonNullType, isSpecifiedScalarType } from 'graphql';
import { expect, test } from 'vitest';
import { builtSchema } from '../../../graphql/built-schema.ts';
import { isPrefixed, isSaid } from './subscription-faults.ts';
import type { ContractWorld } from './world.ts';

export function checkNames(world: () => ContractWorld): void {
  test('whatever it adds begins with its id', () => {
    const { plugin } = world();
    const { camel, pascal, snake } = plugin.names;
    const ownName: Record<string, RegExp> = {
      FIELD: new RegExp(`^\\w+\\.${camel}[A-Z]`),
      TYPE: new RegExp(`^${pascal}[A-Z]`),
      QUERY: new RegExp(`^${camel}[A-Z]`),
      MUTATION: new RegExp(`^${camel}[A-Z]`),
      SUBSCRIPTION: new RegExp(`^${camel}[A-Z]`),
      ATTRIBUTE: new RegExp(`(^|[. ])${snake}_`),
      ROUTE: new RegExp(`^[A-Z]+ /plugins/${plugin.id}/`),
    };
    const wrong = plugin.added.filter(({ kind, name }) => ownName[kind] && !ownName[kind].test(name));
    expect(wrong).toEqual([]);
    expect(Object.keys(plugin.definition.scopes).filter((scope) => !scope.startsWith(`${plugin.id}:`))).toEqual([]);
  });

  test('fields on core types are nullable', () => {
    const { plugin } = world();
    const added = plugin.added.filter(({ kind }) => kind === 'FIELD').map(({ name }) => name);
    const required = added.filter((name) => isNonNullType(fieldOf(name).type));
    expect(required).toEqual([]);
  });

  test('fields, arguments, types and scopes say what they are', () => {
    const { plugin } = world();
    expect(Object.entries(plugin.definition.scopes).filter(([, description]) => !isSaid(description as string))).toEqual([]);
    expect([...undescribed(plugin.names.pascal, plugin.names.camel)]).toEqual([]);
  });
}

function fieldOf(name: string) {
  const [type = '', field = ''] = name.split('.');
  const found = builtSchema().getType(type);
  if (!found || !('getFields' in found) || !found.getFields()[field]) throw new Error(`the schema has no field ${name}`);
  return found.getFields()[field] as unknown as { type: GraphQLOutputType };
}

/** What of the plugin the schema does not describe. */
function* undescribed(pascal: string, camel: string): Generator<string> {
  for (const type of Object.values(builtSchema().getTypeMap())) {
    if (isSpecifiedScalarType(type) || type.name.startsWith('__')) continue;
    const own = isPrefixed(type.name, pascal);
    if (own && !isSaid(type.description)) yield type.name;
    if (!('getFields' in type)) continue;
    for (const field of Object.values(type.getFields())) {
      if (!own && !isPrefixed(field.name, camel)) continue;
      if (!isSaid(field.description)) yield `${type.name}.${field.name}`;
      for (const arg of 'args' in field ? field.args : []) {
        if (!isSaid(arg.description)) yield `${type.name}.${field.name}(${arg.name})`;
      }
    }
  }
}
