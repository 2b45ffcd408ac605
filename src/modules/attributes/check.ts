// Custom attributes of a record that is about to be written. Called for each of 500 rows: nothing is read twice.
import type { CommandContext } from '../../commands/command.ts';
import { type UserError, userError } from '../../commands/user-errors.ts';
import type { JsonValue } from '../../db/models.ts';
import { type AttributeOwner, type Definitions, definitionsOf } from './definitions.ts';
import { checkValue } from './values.ts';

export type Attributes = Record<string, JsonValue>;
export type CheckedAttributes = { attributes: Attributes } | { errors: UserError[] };

/**
 * The attributes that a record shall have: those given over its current ones, normalised. `given` undefined changes
 * nothing and null clears all; a null value removes its key. `current` null means that the record is new, so that
 * required attributes must be there. Errors: ATTRIBUTE_UNKNOWN, ATTRIBUTE_TYPE, ATTRIBUTE_OPTION and
 * ATTRIBUTE_REQUIRED, each at `['attributes', key]`.
 */
export async function checkAttributes(
  ctx: CommandContext,
  owner: AttributeOwner,
  given: unknown,
  current: Attributes | null,
): Promise<CheckedAttributes> {
  if (given === undefined && current) return { attributes: current };
  if (given != null && (typeof given !== 'object' || Array.isArray(given))) {
    return { errors: [userError('ATTRIBUTE_TYPE', 'Expected an object of attributes by their keys.', ['attributes'])] };
  }
  const changes = Object.entries(
    given === null && current ? Object.fromEntries(Object.keys(current).map((key) => [key, null])) : ((given as object | undefined) ?? {}),
  );
  const definitions = await definitionsOf(ctx, owner, changes.length > 0);
  return merge(definitions, changes, current);
}

function merge(definitions: Definitions, changes: [string, unknown][], current: Attributes | null): CheckedAttributes {
  const attributes: Attributes = { ...current };
  const errors: UserError[] = [];
  const failed = new Set<string>();
  const refuse = (code: string, message: string, key: string) => {
    failed.add(key);
    errors.push(userError(code, message, ['attributes', key]));
  };
  for (const [key, value] of changes) {
    const definition = definitions.byKey.get(key);
    // What is left of an archived definition can still be taken off.
    if (value === null && current && Object.hasOwn(current, key)) delete attributes[key];
    else if (!definition || definition.archived) refuse('ATTRIBUTE_UNKNOWN', 'There is no such attribute.', key);
    else if (value != null) {
      const checked = checkValue(definition, value);
      if ('code' in checked) refuse(checked.code, checked.message, key);
      else if (checked.value === undefined) delete attributes[key];
      else attributes[key] = checked.value;
    }
  }
  for (const { key } of definitions.required) {
    const lacks = !Object.hasOwn(attributes, key) && (current === null || Object.hasOwn(current, key));
    if (lacks && !failed.has(key)) refuse('ATTRIBUTE_REQUIRED', 'This attribute is required.', key);
  }
  return errors.length > 0 ? { errors } : { attributes };
}
