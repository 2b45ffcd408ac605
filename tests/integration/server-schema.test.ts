// The schema as consumers get it: committed, not stale, and described down to the last value.
import { fileURLToPath } from 'node:url';
import {
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isSpecifiedDirective,
  isSpecifiedScalarType,
} from 'graphql';
import { expect, test } from 'vitest';
import { checkSdl } from '../../src/cli/schema/sdl.ts';
import { buildSchema } from '../../src/graphql/schema.ts';

test('schema/schema.graphql is what the code has and breaks nobody', () => {
  checkSdl(fileURLToPath(new URL('../../schema/schema.graphql', import.meta.url)));
});

test('everything in the schema has a description', () => {
  const schema = buildSchema();
  const silent: string[] = [];
  const look = (name: string, thing: { description?: string | null }) => {
    if (!thing.description?.trim()) silent.push(name);
  };
  const types = Object.values(schema.getTypeMap()).filter((type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type));
  expect(types.length).toBeGreaterThan(50);
  for (const type of types) {
    look(type.name, type);
    if (isEnumType(type)) for (const value of type.getValues()) look(`${type.name}.${value.name}`, value);
    if (isInputObjectType(type)) for (const field of Object.values(type.getFields())) look(`${type.name}.${field.name}`, field);
    if (!isObjectType(type) && !isInterfaceType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      look(`${type.name}.${field.name}`, field);
      for (const arg of field.args) look(`${type.name}.${field.name}(${arg.name})`, arg);
    }
  }
  for (const directive of schema.getDirectives().filter((found) => !isSpecifiedDirective(found))) {
    look(`@${directive.name}`, directive);
    for (const arg of directive.args) look(`@${directive.name}(${arg.name})`, arg);
  }
  expect(silent).toEqual([]);
});
