// What a field costs, read from its type and arguments, or from what it declares itself in `extensions.cost`.
import {
  type GraphQLField,
  type GraphQLOutputType,
  getNamedType,
  getNullableType,
  isCompositeType,
  isInputObjectType,
  isListType,
  isObjectType,
} from 'graphql';
import { DEFAULT_PAGE, MAX_PAGE } from '../query/page.ts';
import { countIn, type FieldArguments, type Measure, measure, numberIn, property } from './measure.ts';

/** What a field can declare as `extensions: { cost: … }`. */
export type DeclaredCost = {
  /** Points of each object of the field, in place of 1; of a scalar field, in place of 0. */
  complexity?: number;
  /** How many objects a list holds: a number, or the argument that tells (a number, or a list that is counted). */
  size?: number | string;
};

/** The length of a list of objects that does not say how long it can be. */
export const ASSUMED_LENGTH = 10;
export const MUTATION_COST = 10;
/** Rows of a bulk call that cost one point. */
export const ROWS_PER_POINT = 10;
export const SUM_COST = 10;
/** Rows of a bounded count that cost one point. */
export const COUNT_PER_POINT = 1_000;

/** `objects` and `work` are of each of `size` values; what is below multiplies by `size`. */
export type FieldCost = { size: Measure; objects: number; work: Measure; below: Inherited };
/** What a connection or a bulk payload tells the fields below: the length of its page, the number of its rows. */
export type Inherited = { page?: Measure; rows?: Measure };

// biome-ignore lint/suspicious/noExplicitAny: fields of any source and context
type AnyField = GraphQLField<any, any>;

/** The cost of a field below `inherited`; `root` says of which operation it is a root field. */
export function fieldCost(field: AnyField, args: FieldArguments, inherited: Inherited, root: 'mutation' | 'query' | null): FieldCost {
  const declared = (field.extensions.cost ?? {}) as DeclaredCost;
  const named = getNamedType(field.type);
  if (!isCompositeType(named)) return { size: 1, objects: 0, work: declared.complexity ?? 0, below: {} };
  const below: Inherited = isObjectType(named) && 'pageInfo' in named.getFields() ? { page: pageOf(args) } : {};
  const size = sizeOf(field, declared, args, inherited);
  if (declared.complexity !== undefined) return { size, objects: 1, work: Math.max(0, declared.complexity - 1), below };
  if (root === 'mutation') return mutationCost(field, args, below);
  // What becomes of the rows, and what is wrong with an input, is part of the price of writing.
  const included = named.name === 'UserError' || (field.name === 'results' && inherited.rows !== undefined);
  return { size, objects: included ? 0 : 1, work: workOf(field, args), below };
}

function mutationCost(field: AnyField, args: FieldArguments, below: Inherited): FieldCost {
  const input = field.args.find(({ name }) => name === 'input');
  const type = input && getNullableType(input.type);
  if (!isInputObjectType(type) || !('rows' in type.getFields())) return { size: 1, objects: 1, work: MUTATION_COST - 1, below };
  const rows = [property(args('input'), 'rows')];
  const work = measure(rows, (value) => MUTATION_COST - 1 + Math.ceil((countIn(value) ?? 0) / ROWS_PER_POINT));
  return { size: 1, objects: 1, work, below: { rows: measure(rows, (value) => countIn(value) ?? 0) } };
}

function workOf(field: AnyField, args: FieldArguments): Measure {
  const has = (name: string) => field.args.some((arg) => arg.name === name);
  if (field.name === 'sum' && has('field')) return SUM_COST - 1;
  if (has('upTo')) return measure([args('upTo')], (value) => Math.ceil((numberIn(value) ?? COUNT_PER_POINT) / COUNT_PER_POINT));
  return 0;
}

function sizeOf(field: AnyField, { size }: DeclaredCost, args: FieldArguments, inherited: Inherited): Measure {
  const levels = listLevels(field.type);
  if (levels === 0) return 1;
  if (typeof size === 'number') return size;
  if (size !== undefined) return measure([args(size)], (value) => numberIn(value) ?? countIn(value) ?? ASSUMED_LENGTH);
  if (inherited.page !== undefined && (field.name === 'nodes' || field.name === 'edges')) return inherited.page;
  if (inherited.rows !== undefined && field.name === 'results') return inherited.rows;
  if (getNamedType(field.type).name === 'UserError') return 1;
  if (field.args.some(({ name }) => name === 'first' || name === 'last')) return pageOf(args);
  if (field.args.some(({ name }) => name === 'ids')) return measure([args('ids')], (value) => countIn(value) ?? ASSUMED_LENGTH);
  return ASSUMED_LENGTH ** levels;
}

/** A page beyond the largest is refused by its field before anything is read, so it counts as the largest. */
function pageOf(args: FieldArguments): Measure {
  return measure([args('first'), args('last')], (first, last) => {
    const [forward, backward] = [numberIn(first), numberIn(last)];
    return forward === null && backward === null ? DEFAULT_PAGE : Math.min(MAX_PAGE, Math.max(forward ?? 0, backward ?? 0));
  });
}

function listLevels(type: GraphQLOutputType): number {
  const inner = getNullableType(type);
  return isListType(inner) ? 1 + listLevels(inner.ofType) : 0;
}

/** What a field costs whose statement reads a whole table, of which the size of the answer says nothing: figures of all customers or sales. */
export const wholeTable = { complexity: 1_000 } as const;
