// What an operation costs before it runs: the most objects that its answer can hold, and the work that is no object
// (writes, counts, sums). The document is walked once; then a small tree over the variables is left, and what does not
// depend on them is folded into numbers. docs/limits.md tells the model.
import {
  type FieldNode,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  type OperationDefinitionNode,
  SchemaMetaFieldDef,
  TypeMetaFieldDef,
} from 'graphql';
import { type Condition, collectFields, type FragmentOf, groupsOf, type Selected } from './collect-fields.ts';
import { apiError } from './errors.ts';
import { fieldCost, type Inherited } from './field-cost.ts';
import { argumentsOf, defaultsOf, type Measure, read, type Variables } from './measure.ts';

/** Points of an operation: `requested` is what it may cost at most, `work` the part of it that is no object. */
export type Cost = { requested: number; work: number };
/** Tells the cost for variables as they were sent. */
export type CostOf = (variables: Variables) => Cost;

export const SUBSCRIPTION_COST = 10;
/** The most that a question about the schema costs: it is answered from memory. */
export const INTROSPECTION_COST = 1_000;
/** Walking stops here; documents within the limits of depth and selections stay far below. */
const MAX_STEPS = 100_000;

type Sum = { objects: number; work: number };
type Node = {
  /** Any of these, all parts of it, has to hold; null: always there. */
  when: Condition[][] | null;
  size: Measure;
  objects: number;
  work: Measure;
  /** Per object, what does not depend on variables. */
  fixed: Sum;
  below: Node[];
  /** By kind of object that the field can give; the most expensive counts. */
  kinds: Node[][];
  most: number;
};

type Walk = { schema: GraphQLSchema; fragment: FragmentOf; defaults: ReadonlyMap<string, unknown>; steps: number };

/**
 * Compiles the cost of a valid operation. Throws GRAPHQL_VALIDATION_FAILED where even that would take too long.
 * For a subscription it is the cost of one of its answers.
 */
export function compileCost(schema: GraphQLSchema, operation: OperationDefinitionNode, fragment: FragmentOf): CostOf {
  const walk: Walk = { schema, fragment, defaults: defaultsOf(operation), steps: 0 };
  const root = schema.getRootType(operation.operation)!;
  const top = nodeOf({ when: null, size: 1, objects: 1, work: 0 });
  const place = operation.operation === 'subscription' ? 'query' : operation.operation;
  addSelections(walk, top, root, [{ set: operation.selectionSet, when: [] }], {}, place);
  return (variables) => {
    const sum = { objects: 0, work: 0 };
    add(top, variables, 1, sum);
    const requested = Math.min(Math.ceil(sum.objects + sum.work), Number.MAX_SAFE_INTEGER);
    return { requested, work: Math.min(Math.ceil(sum.work), requested) };
  };
}

const compiled = new WeakMap<OperationDefinitionNode, CostOf>();

/** The same, remembered with the document. */
export function costOf(schema: GraphQLSchema, operation: OperationDefinitionNode, fragment: FragmentOf): CostOf {
  let known = compiled.get(operation);
  if (!known) {
    known = compileCost(schema, operation, fragment);
    compiled.set(operation, known);
  }
  return known;
}

function nodeOf(own: Pick<Node, 'when' | 'size' | 'objects' | 'work'>): Node {
  return { ...own, fixed: { objects: 0, work: 0 }, below: [], kinds: [], most: Number.POSITIVE_INFINITY };
}

function addSelections(
  walk: Walk,
  into: Node,
  type: GraphQLCompositeType,
  selected: Selected[],
  inherited: Inherited,
  root: 'mutation' | 'query' | null,
): void {
  if (!isAbstractType(type)) {
    attach(into, fieldsOf(walk, type, selected, inherited, root));
    return;
  }
  const groups = groupsOf(walk.schema, type, selected, walk.fragment);
  const kinds = groups.map((kind) => fieldsOf(walk, kind, selected, inherited, null));
  if (kinds.length === 1) attach(into, kinds[0]!);
  else into.kinds = kinds;
}

/** Folds what is known beforehand into the node. */
function attach(into: Node, nodes: Node[]): void {
  for (const node of nodes) {
    if (isKnown(node)) add(node, {}, 1, into.fixed);
    else into.below.push(node);
  }
}

function isKnown({ when, size, work, below, kinds }: Node): boolean {
  const allKnown = (nodes: Node[]): boolean => nodes.every(isKnown);
  return when === null && typeof size === 'number' && typeof work === 'number' && below.length === 0 && kinds.every(allKnown);
}

function fieldsOf(
  walk: Walk,
  type: GraphQLObjectType,
  selected: Selected[],
  inherited: Inherited,
  root: 'mutation' | 'query' | null,
): Node[] {
  const nodes: Node[] = [];
  for (const found of collectFields(walk.schema, type, selected, walk.fragment).values()) {
    if (++walk.steps > MAX_STEPS) {
      const problem = { limit: 'selections', value: walk.steps, maximum: MAX_STEPS };
      throw apiError('GRAPHQL_VALIDATION_FAILED', 'The operation selects too much to be costed.', problem);
    }
    const [{ field: first }] = found as [(typeof found)[number]];
    const field = definitionOf(walk.schema, type, first);
    if (!field) continue;
    const { size, objects, work, below } = fieldCost(field, argumentsOf(first, field, walk.defaults), inherited, root);
    if (objects === 0 && work === 0 && !isCompositeType(getNamedType(field.type))) continue;
    const when = found.some((occurrence) => occurrence.when.length === 0) ? null : found.map((occurrence) => occurrence.when);
    const node = nodeOf({ when, size, objects, work });
    if (field === SchemaMetaFieldDef || field === TypeMetaFieldDef) node.most = INTROSPECTION_COST;
    const sets = found.flatMap((occurrence) =>
      // What a single occurrence depends on has been said of the field.
      occurrence.field.selectionSet ? [{ set: occurrence.field.selectionSet, when: found.length === 1 ? [] : occurrence.when }] : [],
    );
    const named = getNamedType(field.type);
    if (sets.length > 0 && isCompositeType(named)) addSelections(walk, node, named, sets, below, null);
    nodes.push(node);
  }
  return nodes;
}

// biome-ignore lint/suspicious/noExplicitAny: fields of any source and context
function definitionOf(schema: GraphQLSchema, type: GraphQLObjectType, { name }: FieldNode): GraphQLField<any, any> | undefined {
  if (type === schema.getQueryType()) {
    if (name.value === SchemaMetaFieldDef.name) return SchemaMetaFieldDef;
    if (name.value === TypeMetaFieldDef.name) return TypeMetaFieldDef;
  }
  return type.getFields()[name.value];
}

/** Adds the points of `times` objects that have this field. */
function add(node: Node, variables: Variables, times: number, into: Sum): void {
  if (node.when && !node.when.some((parts) => parts.every((part) => part(variables)))) return;
  if (node.most !== Number.POSITIVE_INFINITY) {
    const whole = { objects: 0, work: 0 };
    add({ ...node, when: null, most: Number.POSITIVE_INFINITY }, variables, 1, whole);
    into.objects += times * Math.min(node.most, whole.objects + whole.work);
    return;
  }
  const count = times * read(node.size, variables);
  into.objects += count * (node.objects + node.fixed.objects);
  into.work += count * (read(node.work, variables) + node.fixed.work);
  for (const part of node.below) add(part, variables, count, into);
  if (node.kinds.length > 0) {
    let most: Sum = { objects: 0, work: 0 };
    for (const kind of node.kinds) {
      const sum = { objects: 0, work: 0 };
      for (const part of kind) add(part, variables, count, sum);
      if (sum.objects + sum.work > most.objects + most.work) most = sum;
    }
    into.objects += most.objects;
    into.work += most.work;
  }
}
