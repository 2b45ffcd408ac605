// The fields that a selection asks of one kind of object, as execution merges them, each with the conditions of
// `@include` and `@skip` under which it is there.
import {
  type DirectiveNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLAbstractType,
  type GraphQLObjectType,
  type GraphQLSchema,
  isAbstractType,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';
import type { Variables } from './measure.ts';

export type Condition = (variables: Variables) => boolean;
/** A selection set that is there under all of these conditions. */
export type Selected = { set: SelectionSetNode; when: Condition[] };
export type Occurrence = { field: FieldNode; when: Condition[] };
export type FragmentOf = (name: string) => FragmentDefinitionNode | undefined;

/** By response name, every mention of a field that an object of `type` has. */
export function collectFields(
  schema: GraphQLSchema,
  type: GraphQLObjectType,
  selected: readonly Selected[],
  fragment: FragmentOf,
): Map<string, Occurrence[]> {
  const found = new Map<string, Occurrence[]>();
  forEachSelection(selected, fragment, (selection, when, condition) => {
    if (condition !== null) return isOf(schema, type, condition);
    const field = selection as FieldNode;
    const name = (field.alias ?? field.name).value;
    const there = found.get(name);
    if (there) there.push({ field, when });
    else found.set(name, [{ field, when }]);
    return true;
  });
  return found;
}

/** One object type for each way in which the possible types of `type` differ in what is selected of them. */
export function groupsOf(
  schema: GraphQLSchema,
  type: GraphQLAbstractType,
  selected: readonly Selected[],
  fragment: FragmentOf,
): GraphQLObjectType[] {
  const conditions = new Set<string>();
  forEachSelection(selected, fragment, (_selection, _when, condition) => {
    if (condition !== null) conditions.add(condition);
    return true;
  });
  const byKind = new Map<string, GraphQLObjectType>();
  for (const possible of schema.getPossibleTypes(type)) {
    const kind = [...conditions].map((condition) => (isOf(schema, possible, condition) ? 1 : 0)).join('');
    if (!byKind.has(kind)) byKind.set(kind, possible);
  }
  return [...byKind.values()];
}

function isOf(schema: GraphQLSchema, type: GraphQLObjectType, condition: string): boolean {
  if (type.name === condition) return true;
  const wanted = schema.getType(condition);
  return isAbstractType(wanted) && schema.isSubType(wanted, type);
}

type Visit = (selection: SelectionNode, when: Condition[], typeCondition: string | null) => boolean;

/** Visits fields (no type condition) and fragments (with one; entered where the visit says so), each spread once for its conditions. */
function forEachSelection(selected: readonly Selected[], fragment: FragmentOf, visit: Visit): void {
  const entered = new Set<string>();
  const walk = (set: SelectionSetNode, outer: Condition[]): void => {
    for (const selection of set.selections) {
      const own = conditionsOf(selection.directives);
      if (own === null) continue;
      const when = own.length === 0 ? outer : [...outer, ...own];
      if (selection.kind === Kind.FIELD) visit(selection, when, null);
      else if (selection.kind === Kind.INLINE_FRAGMENT) {
        const condition = selection.typeCondition?.name.value;
        if (condition === undefined || visit(selection, when, condition)) walk(selection.selectionSet, when);
      } else {
        const definition = fragment(selection.name.value);
        // Spread without conditions it is there whatever other mentions depend on.
        if (!definition || entered.has(selection.name.value)) continue;
        if (when.length === 0) entered.add(selection.name.value);
        if (visit(selection, when, definition.typeCondition.name.value)) walk(definition.selectionSet, when);
      }
    }
  };
  for (const { set, when } of selected) walk(set, when);
}

/** The conditions that depend on variables; null where the selection is never there. */
function conditionsOf(directives: readonly DirectiveNode[] | undefined): Condition[] | null {
  const conditions: Condition[] = [];
  for (const { name, arguments: args } of directives ?? []) {
    if (name.value !== 'include' && name.value !== 'skip') continue;
    const wanted = name.value === 'include';
    const value = args?.find((argument) => argument.name.value === 'if')?.value;
    if (value?.kind === Kind.BOOLEAN && value.value !== wanted) return null;
    // A variable left out is one whose default counts, which is not worth knowing: the field counts then.
    if (value?.kind === Kind.VARIABLE) conditions.push((variables) => variables[value.name.value] !== !wanted);
  }
  return conditions;
}
