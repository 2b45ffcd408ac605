// Fields of the read engine in the schema: each carries its plan, and a resolver that reads what the plan answered where
// graphql-js goes on with it.
import { type GraphQLResolveInfo, isNonNullType } from 'graphql';
import { isHidden } from '../auth/permissions.ts';
import type { Viewer } from '../auth/viewer.ts';
import type { Entity } from '../query/entity.ts';
import { neededRow } from '../query/finish.ts';
import { columnsAt, type FieldPlan, hiddenError, type PlannedExtensions } from '../query/plan.ts';
import { loadRow, readRootField, unmark } from '../query/read.ts';
import { type Context, readerOf, viewerOf } from './context.ts';

type Source = { [key: string]: unknown };
// biome-ignore lint/suspicious/noExplicitAny: rows, arguments and values are as different as the fields
type Resolve<Row = any, Args = any> = (row: Row, args: Args, ctx: Context, info: GraphQLResolveInfo) => any;
type Options = { extensions: Record<string, unknown>; resolve: Resolve };

function isCompiled(source: unknown): source is Source {
  return typeof source === 'object' && source !== null && '$' in source;
}

/** Reads a field of a compiled row, and asks `otherwise` about any other source. */
export function readCompiled(otherwise?: Resolve): Resolve {
  return (source, args, ctx, info) => {
    if (isCompiled(source)) {
      const value = unmark(source[info.path.key], readerOf(ctx).refusals);
      // Not thrown here: a row of a list that fails at once has graphql-js forget the promises of the rows before it, and
      // one of those that fails later would end the process as a rejection that nobody handles.
      return value instanceof Error ? Promise.reject(value) : value;
    }
    if (otherwise) return otherwise(source, args, ctx, info);
    throw new Error(`${info.parentType.name}.${info.fieldName} is read from compiled rows only`);
  };
}

/** Options of a field with a plan; `otherwise` resolves it on rows that JavaScript made. */
export function planned(plan: FieldPlan, otherwise?: Resolve): Options {
  return { extensions: { plan }, resolve: readCompiled(otherwise) };
}

/** Options of a field of a derived row, whose column has the field's name. */
export function exposed(name: string): Options {
  return planned(
    (place) => columnsAt(place)(name),
    (row: Source) => row[name],
  );
}

/** Options of a root field with a plan. `shape`: text of whatever in the arguments, beside values, shapes its statement. */
export function plannedRoot(plan: FieldPlan, shape?: PlannedExtensions['shape']): Options {
  const resolve: Resolve = (_root, args, ctx, info) => readRootField(readerOf(ctx), info, args);
  return { extensions: { plan, ...(shape && { shape }) }, resolve };
}

/** Options of a field that JavaScript resolves from some columns of its row: numbers of any size come as text, moments as ISO 8601. */
export function fromColumns<Row, Args = object>(needs: readonly string[], resolve: Resolve<Row, Args>, extensions: object = {}): Options {
  const wrapped: Resolve = async (source, args, ctx, info) => {
    if (!isCompiled(source)) return resolve(source as Row, args, ctx, info);
    const { parentType, fieldName, returnType } = info;
    if (!isHidden(viewerOf(ctx).role, parentType.name, fieldName)) return resolve(neededRow(source, needs) as Row, args, ctx, info);
    if (isNonNullType(returnType)) throw hiddenError(parentType.name, fieldName);
    return null;
  };
  return { extensions: { ...extensions, needs }, resolve: wrapped };
}

/** The row that a field leads to, with what is selected of it; null where the viewer does not see it. Check first that its type may be read. */
export function entityRow(
  ctx: Context,
  info: GraphQLResolveInfo,
  entity: Entity,
  uuid: string,
  options?: { seenBy?: Viewer },
): Promise<never> {
  return loadRow(readerOf(ctx), info, entity, uuid, options) as Promise<never>;
}
