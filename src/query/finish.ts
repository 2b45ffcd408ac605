// Finishes what PostgreSQL answered by the resolvers of single fields, in place: cheaper than graphql-js over everything
// for the sake of a few fields that only JavaScript can tell.
import { type GraphQLLeafType, type GraphQLOutputType, isListType, isNonNullType } from 'graphql';
import type { Finisher } from './plan.ts';
import type { Run } from './template.ts';

type Json = { [key: string]: unknown };

/** The data with its finished fields; null where one of them fails, so that graphql-js may tell the error and its place. */
export async function finishRows(
  data: Json,
  finishers: readonly Finisher[],
  run: Run,
  context: unknown,
  info: object,
): Promise<Json | null> {
  try {
    await Promise.all(finishers.map((finisher) => finishField(data, finisher, run, context, info)));
  } catch {
    return null;
  }
  for (const { path, needs } of finishers) for (const row of rowsAt(data, path)) for (const need of needs) delete row[`$${need}`];
  return data;
}

async function finishField(data: Json, { path, field, needs }: Finisher, run: Run, context: unknown, info: object): Promise<void> {
  const resolve = field.def!.resolve!;
  const args = field.args(run);
  await Promise.all(
    rowsAt(data, path).map(async (row) => {
      // Of a union or an interface: rows of other types have no such field.
      if (!needs.every((need) => `$${need}` in row)) return;
      const value = await resolve(neededRow(row, needs), args, context, { ...info, fieldName: field.def!.name } as never);
      row[field.key] = serialize(field.def!.type, value);
    }),
  );
}

/** The columns that a resolver said it needs, under their names. */
export function neededRow(row: Json, needs: readonly string[]): Json {
  return Object.fromEntries(needs.map((need) => [need, row[`$${need}`]]));
}

/** The objects that hold the last key of a path; lists on the way are gone through. */
function rowsAt(data: Json, path: readonly string[]): Json[] {
  let found: unknown[] = [data];
  for (const key of path.slice(0, -1)) {
    found = found.flatMap((one) => (one as Json)[key]).filter((one) => one != null);
  }
  return found as Json[];
}

function serialize(type: GraphQLOutputType, value: unknown): unknown {
  if (isNonNullType(type)) {
    if (value == null) throw new Error('null where there must be a value');
    return serialize(type.ofType, value);
  }
  if (value == null) return null;
  if (isListType(type)) return (value as unknown[]).map((one) => serialize(type.ofType, one));
  return (type as GraphQLLeafType).serialize(value);
}
