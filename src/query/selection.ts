// What a selection asks of one concrete object type: fields by response key, fragments unfolded, @skip and @include applied.
import {
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLBoolean,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
  getArgumentValues,
  isAbstractType,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
  valueFromAST,
} from 'graphql';
import { perRun, type Run } from './template.ts';

export type Fragments = { readonly [name: string]: FragmentDefinitionNode };

/** What a selection depends on beside its document. */
export type Selecting = { schema: GraphQLSchema; fragments: Fragments; variables: Record<string, unknown> };

/** One field of a selection: all its mentions under one response key. */
export type SelectedField = {
  key: string;
  nodes: FieldNode[];
  /** Undefined for `__typename`. */
  def: GraphQLField<unknown, unknown> | undefined;
  type: GraphQLObjectType;
  /** Its arguments in a run. Throws as graphql-js does. */
  args: (run: Run) => Record<string, unknown>;
};

/** The fields that the selection sets ask of `type`, in the order of the answer. */
export function collectFields(selecting: Selecting, type: GraphQLObjectType, sets: readonly SelectionSetNode[]): SelectedField[] {
  const byKey = new Map<string, FieldNode[]>();
  const visited = new Set<string>();
  for (const set of sets) visit(set);

  function visit(set: SelectionSetNode): void {
    for (const node of set.selections) {
      if (!isIncluded(node, selecting.variables)) continue;
      if (node.kind === Kind.FIELD) {
        const key = node.alias?.value ?? node.name.value;
        const known = byKey.get(key);
        if (known) known.push(node);
        else byKey.set(key, [node]);
      } else if (node.kind === Kind.INLINE_FRAGMENT) {
        if (applies(selecting.schema, type, node.typeCondition?.name.value)) visit(node.selectionSet);
      } else if (!visited.has(node.name.value)) {
        visited.add(node.name.value);
        const fragment = selecting.fragments[node.name.value];
        if (fragment && applies(selecting.schema, type, fragment.typeCondition.name.value)) visit(fragment.selectionSet);
      }
    }
  }

  const defs = type.getFields();
  return [...byKey].map(([key, nodes]) => {
    const def = defs[nodes[0]!.name.value];
    return { key, nodes, def, type, args: argumentsOf(def, nodes[0]!) };
  });
}

/** The selection sets below a field. */
export function setsOf(nodes: readonly FieldNode[]): SelectionSetNode[] {
  return nodes.flatMap((node) => node.selectionSet ?? []);
}

function applies(schema: GraphQLSchema, type: GraphQLObjectType, condition: string | undefined): boolean {
  if (condition === undefined || condition === type.name) return true;
  const wanted = schema.getType(condition);
  return isAbstractType(wanted) && schema.isSubType(wanted, type);
}

function isIncluded(node: SelectionNode, variables: Record<string, unknown>): boolean {
  for (const directive of node.directives ?? []) {
    const name = directive.name.value;
    if (name !== 'skip' && name !== 'include') continue;
    const condition = directive.arguments?.find((argument) => argument.name.value === 'if');
    const value = condition && valueFromAST(condition.value, GraphQLBoolean, variables);
    if (value === (name === 'skip')) return false;
  }
  return true;
}

const noArguments = {};

function argumentsOf(def: GraphQLField<unknown, unknown> | undefined, node: FieldNode): SelectedField['args'] {
  if (!def || def.args.length === 0) return () => noArguments;
  if (JSON.stringify(node.arguments ?? []).includes(`"kind":"${Kind.VARIABLE}"`))
    return perRun((run) => getArgumentValues(def, node, run.variables));
  let values: Record<string, unknown> | undefined;
  return () => {
    values ??= getArgumentValues(def, node, {});
    return values;
  };
}

/** Names of the variables that decide what is selected, in the whole operation and its fragments. */
export function shapingVariables(root: unknown): string[] {
  const names = new Set<string>();
  JSON.stringify(root, (key, value) => {
    if (key === 'loc') return undefined;
    if (value?.kind === Kind.DIRECTIVE && (value.name.value === 'skip' || value.name.value === 'include')) {
      for (const argument of value.arguments) if (argument.value.kind === Kind.VARIABLE) names.add(argument.value.name.value);
    }
    return value;
  });
  return [...names].sort();
}
