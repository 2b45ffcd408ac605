// What of a selection a role can never read, told before anything is read: a webhook that would only send errors is refused.
import {
  type GraphQLCompositeType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isNonNullType,
  type OperationDefinitionNode,
} from 'graphql';
import { type CompiledRole, isHidden } from '../../auth/permissions.ts';
import { collectFields, type FragmentOf, groupsOf, type Selected } from '../../graphql/collect-fields.ts';
import { allEntities } from '../../query/entity.ts';
import { mayRead } from '../../query/policy.ts';

type Walk = { schema: GraphQLSchema; role: CompiledRole; fragment: FragmentOf; steps: number };

/** A document within the limits of depth and selections stays far below. */
const MOST_STEPS = 50_000;

/**
 * The first field of an operation that the role is refused, in words: one that is hidden and must have a value, or one of
 * a type that it may not read. Null where there is none. Hidden fields that may be null are null, and types behind an
 * interface are only read where the role may.
 */
export function unreadable(
  schema: GraphQLSchema,
  role: CompiledRole,
  operation: OperationDefinitionNode,
  fragment: FragmentOf,
): string | null {
  const root = schema.getRootType(operation.operation)!;
  return inSelection({ schema, role, fragment, steps: 0 }, root, [{ set: operation.selectionSet, when: [] }]);
}

function inSelection(walk: Walk, type: GraphQLCompositeType, selected: Selected[]): string | null {
  const kinds = isAbstractType(type) ? groupsOf(walk.schema, type, selected, walk.fragment) : [type];
  for (const kind of kinds) {
    const found = inObject(walk, kind, selected, isAbstractType(type));
    if (found) return found;
  }
  return null;
}

function inObject(walk: Walk, type: GraphQLObjectType, selected: Selected[], ifVisible: boolean): string | null {
  const entity = allEntities().find(({ name }) => name === type.name);
  if (ifVisible && entity && !mayRead(walk, entity)) return null;
  for (const mentions of collectFields(walk.schema, type, selected, walk.fragment).values()) {
    if (++walk.steps > MOST_STEPS) return 'The subscription selects too much to be checked.';
    const field = type.getFields()[mentions[0]!.field.name.value];
    if (!field) continue; // __typename
    const hidden = isHidden(walk.role, type.name, field.name);
    if (hidden && isNonNullType(field.type)) return `The role hides ${type.name}.${field.name}.`;
    const named = getNamedType(field.type);
    if (hidden || !isCompositeType(named)) continue;
    const target = allEntities().find(({ name }) => name === named.name);
    if (target && !mayRead(walk, target)) {
      return `${type.name}.${field.name} gives a ${named.name}, and the role lacks the permission ${target.subject}:read.`;
    }
    const sets = mentions.flatMap(({ field: { selectionSet }, when }) => (selectionSet ? [{ set: selectionSet, when }] : []));
    const found = inSelection(walk, named, sets);
    if (found) return found;
  }
  return null;
}
