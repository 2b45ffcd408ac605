// References to GraphQL types by name, so that entities can point at each other before either is made.
import type { EnumRef, ObjectRef } from '@pothos/core';
import type { EntityRow } from '../query/page.ts';
import { builder, type SchemaTypes } from './builder.ts';

export type TypeRef = ObjectRef<SchemaTypes, EntityRow>;

const objects = new Map<string, TypeRef>();

/** The object type of that name; made on first mention, implemented once elsewhere. */
export function refOf(name: string): TypeRef {
  let ref = objects.get(name);
  if (!ref) {
    ref = builder.objectRef<EntityRow>(name);
    objects.set(name, ref);
  }
  return ref;
}

/** An enum whose values stand for themselves. */
export function enumOfNames(
  name: string,
  description: string,
  values: string[],
  describe: (value: string) => string = wordsOf,
): EnumRef<SchemaTypes, string> {
  return builder.enumType(name, {
    description,
    values: Object.fromEntries(values.map((value) => [value, { value, description: describe(value) }])),
  }) as unknown as EnumRef<SchemaTypes, string>;
}

/** `LAST_CONTACT_AT` -> `last contact at`. */
function wordsOf(value: string): string {
  return value.toLowerCase().replaceAll('_', ' ');
}
