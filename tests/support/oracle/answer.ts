// The oracle's answer to an operation: the data, and every error that a field of it meets.
import { type DocumentNode, executeSync, GraphQLError, type GraphQLOutputType, isListType, isNonNullType } from 'graphql';
import type { Oracle } from './policy.ts';
import { resolveField } from './resolve.ts';
import type { OracleSchema } from './schema.ts';

type Path = readonly (string | number)[];

export type OracleError = {
  code: string;
  path: Path;
  /** The field or item that is null because of it: itself, or what is around it; null when that is the whole answer. */
  nulled: Path | null;
};

export type OracleAnswer = {
  data: unknown;
  /** Of all fields, those below something that another error made null too: which of them are told is left open by GraphQL. */
  errors: OracleError[];
};

export type Operation = { document: DocumentNode; variables: Record<string, unknown>; operationName?: string | undefined };

const keyOf = (path: Path) => JSON.stringify(path);

/** Answers a query. Throws when it meets something it was not told about: then the oracle is to be mended. */
export function oracleAnswer(oracle: Oracle, { published, lenient }: OracleSchema, operation: Operation): OracleAnswer {
  const types = new Map<string, GraphQLOutputType>();
  const result = executeSync({
    schema: lenient,
    document: operation.document,
    variableValues: operation.variables,
    operationName: operation.operationName,
    rootValue: {},
    fieldResolver(source, args, _context, info) {
      const type = published.getType(info.parentType.name) as unknown as { getFields(): Record<string, { type: GraphQLOutputType }> };
      types.set(keyOf(pathOf(info.path)), type.getFields()[info.fieldName]!.type);
      return resolveField(oracle, info.parentType.name, info.fieldName, source, args);
    },
    typeResolver: (value) => (value as { $entity: string }).$entity,
  });
  const errors = (result.errors ?? []).map((error) => located(error, types));
  if (result.data === undefined || result.data === null) return { data: null, errors };
  const data = structuredClone(result.data);
  return { data: errors.some(({ nulled }) => nulled === null) ? null : withNulls(data, errors), errors };
}

function located(error: GraphQLError, types: Map<string, GraphQLOutputType>): OracleError {
  const cause = error.originalError;
  if (cause && !(cause instanceof GraphQLError)) throw cause;
  const path = error.path ?? [];
  const code = String(error.extensions.code ?? 'BAD_USER_INPUT');
  return { code, path, nulled: error.path ? nulledBy(path, types) : null };
}

function nulledBy(path: Path, types: Map<string, GraphQLOutputType>): Path | null {
  let place = path;
  while (place.length > 0 && isNonNullType(typeAt(place, types))) place = place.slice(0, -1);
  return place.length === 0 ? null : place;
}

function typeAt(path: Path, types: Map<string, GraphQLOutputType>): GraphQLOutputType {
  if (typeof path.at(-1) === 'string') return types.get(keyOf(path))!;
  const around = typeAt(path.slice(0, -1), types);
  const list = isNonNullType(around) ? around.ofType : around;
  if (!isListType(list)) throw new Error('an index into something that is no list');
  return list.ofType as GraphQLOutputType;
}

function withNulls(data: object, errors: OracleError[]): unknown {
  for (const { nulled } of errors) {
    if (!nulled) continue;
    let place = data as Record<string | number, unknown> | null;
    for (const part of nulled.slice(0, -1)) place = (place?.[part] ?? null) as typeof place;
    if (place) place[nulled.at(-1)!] = null;
  }
  return data;
}

function pathOf(path: { prev: object | undefined; key: string | number }): Path {
  const before = path.prev ? pathOf(path.prev as typeof path) : [];
  return [...before, path.key];
}
