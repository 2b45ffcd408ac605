// Runs compiled plans: a whole operation as text, or rows for graphql-js to go on with.
import { randomUUID } from 'node:crypto';
import { type DocumentNode, GraphQLError, type GraphQLResolveInfo, type GraphQLSchema, Kind, type OperationDefinitionNode } from 'graphql';
import sql, { type Sql } from 'sql-template-tag';
import type { Viewer } from '../auth/viewer.ts';
import type { Statement } from '../db/database.ts';
import { remembered } from '../lib/remembered.ts';
import { compileOperation, compileRootField, compileRows, concreteType, type Plan, type RowsRun } from './compile.ts';
import type { Entity } from './entity.ts';
import { finishRows } from './finish.ts';
import { applyMarks, hasRefusal, REFUSAL, renameRefusals } from './marks.ts';
import { extensionsOf, shapeOf } from './plan.ts';
import { cachedPlan, nodeNumber, roleNumber, selectionKey } from './plan-cache.ts';
import type { Reader } from './reader.ts';
import { collectFields, type Fragments, type SelectedField, type Selecting } from './selection.ts';
import { type Run, render } from './template.ts';

export type Executor = 'direct' | 'hybrid' | 'exec';

export type OperationRead = {
  schema: GraphQLSchema;
  document: DocumentNode;
  operation: OperationDefinitionNode;
  /** Coerced. */
  variables: Record<string, unknown>;
  reader: Reader;
  context: unknown;
  /** Runs no other executor than this. */
  only?: Executor | undefined;
};

const fragmentsOf = new WeakMap<DocumentNode, Fragments>();

function fragments(document: DocumentNode): Fragments {
  let found = fragmentsOf.get(document);
  if (!found) {
    found = Object.fromEntries(
      document.definitions.flatMap((one) => (one.kind === Kind.FRAGMENT_DEFINITION ? [[one.name.value, one]] : [])),
    );
    fragmentsOf.set(document, found);
  }
  return found;
}

/**
 * Answers a query with one statement whose JSON is the answer (direct), or with its JSON finished by the resolvers of
 * single fields (hybrid). Null where graphql-js must answer: a field needs it, or something in the answer is an error.
 */
export async function answerOperation(read: OperationRead): Promise<{ executor: Executor; text: string } | null> {
  const { schema, operation, variables, reader, only } = read;
  if (only === 'exec') return null;
  const plan = planOperation(read);
  if (plan.needsResolvers) return null;
  const executor = plan.finishers.length > 0 || only === 'hybrid' ? 'hybrid' : 'direct';
  if (only && only !== executor) return null;
  const marked: GraphQLError[] = [];
  const refuse = (error: GraphQLError) => {
    throw error;
  };
  const run = createRun(reader.viewer, variables, refuse, marked);
  let statement: Statement;
  try {
    statement = fill(plan, run);
  } catch (error) {
    if (isRefusal(error)) return null;
    throw error;
  }
  const [row] = await reader.db.query<{ data: string }>(statement);
  reader.explain?.(statement, executor);
  if (marked.length > 0 && hasRefusal(row!.data)) return null;
  const text = applyMarks(row!.data, plan.marks);
  if (executor === 'direct') return { executor, text };
  const finished = await finishRows(JSON.parse(text), plan.finishers, run, read.context, { schema, operation });
  return finished === null ? null : { executor, text: JSON.stringify(finished) };
}

function planOperation({ schema, document, operation, variables, reader }: OperationRead): Plan {
  const selecting: Selecting = { schema, fragments: fragments(document), variables };
  const root = schema.getQueryType()!;
  const { role } = reader.viewer;
  const selected = selectionKey(operation, selecting.fragments, variables);
  const shapes = shapedFieldsOf(selecting, operation, selected).map((field) => shapeOf(selecting, field).join());
  const key = `${roleNumber(role)}:${selected}:${shapes.join('|')}`;
  return cachedPlan(operation, key, () => compileOperation(selecting, role, root, operation.selectionSet));
}

const rememberedFields = remembered<SelectedField[]>(64);

/** The root fields of an operation whose arguments shape its statement. */
function shapedFieldsOf(selecting: Selecting, operation: OperationDefinitionNode, key: string): SelectedField[] {
  return rememberedFields(operation, key, () => {
    const fields = collectFields(selecting, selecting.schema.getQueryType()!, [operation.selectionSet]);
    return fields.filter((field) => extensionsOf(field.def).shape);
  });
}

function createRun(viewer: Viewer, variables: Record<string, unknown>, refuse: Run['refuse'], errors: GraphQLError[] = []): Run {
  return {
    viewer,
    variables,
    memo: new Map(),
    refuse,
    mark: (error, more) => markSql(errors, error, more),
  };
}

function markSql(errors: GraphQLError[], error: GraphQLError, more: Sql | undefined): Sql {
  const begin = `${REFUSAL}${errors.push(error) - 1}`;
  return more ? sql`(${begin}::text || ${more} || '}')::json` : sql`${`${begin}}`}::json`;
}

function fill(plan: Plan, run: Run): Statement {
  return { ...render(plan.template, run), prepared: true };
}

function isRefusal(error: unknown): boolean {
  return error instanceof Error && error.name === 'GraphQLError';
}

function selectingOf(info: GraphQLResolveInfo): Selecting {
  return { schema: info.schema, fragments: info.fragments, variables: info.variableValues };
}

/** Key of what `info` selects, as far as it is not its first node. */
function infoKey(reader: Reader, info: GraphQLResolveInfo): string {
  const others = info.fieldNodes.slice(1).map(nodeNumber).join(',');
  return `${roleNumber(reader.viewer.role)}:${selectionKey(info.operation, info.fragments, info.variableValues)}:${others}`;
}

/** Reads a planned root field for graphql-js. */
export async function readRootField(reader: Reader, info: GraphQLResolveInfo, args: Record<string, unknown>): Promise<unknown> {
  const selecting = selectingOf(info);
  const shape = extensionsOf(info.parentType.getFields()[info.fieldName]).shape?.(args).join() ?? '';
  const plan = cachedPlan(info.fieldNodes[0]!, `${infoKey(reader, info)}:${shape}`, () =>
    compileRootField(selecting, reader.viewer.role, info.parentType, info.fieldNodes),
  );
  const run = markingRun(reader, info.variableValues);
  const statement = fill(plan, run);
  const [row] = await reader.db.query<{ data: string | null }>(statement);
  reader.explain?.(statement, 'exec');
  return parse(row!.data, plan, reader);
}

function markingRun(reader: Reader, variables: Record<string, unknown>): Run {
  const run = createRun(reader.viewer, variables, (error) => run.mark(error), reader.refusals);
  return run;
}

/** Names the member of a refusal in parsed rows; nothing that somebody stored can have it. */
const REFUSED = randomUUID();

function parse(data: string | null, plan: Plan, { refusals }: Reader): unknown {
  if (data === null) return null;
  return unmark(JSON.parse(applyMarks(renameRefusals(data, REFUSED), plan.marks)), refusals);
}

/** An error in place of a refused value; lists of values may hold them. */
export function unmark(value: unknown, refusals: readonly GraphQLError[]): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.some(isMarked) ? value.map((one) => unmark(one, refusals)) : value;
  return isMarked(value) ? refusalOf(value as Record<string, unknown>, refusals) : value;
}

function isMarked(value: unknown): boolean {
  return typeof value === 'object' && value !== null && REFUSED in value;
}

function refusalOf({ [REFUSED]: number, ...more }: Record<string, unknown>, refusals: readonly GraphQLError[]): GraphQLError {
  const { message, extensions } = refusals[number as number]!;
  return new GraphQLError(message, { extensions: { ...extensions, ...more } });
}

export type RowOptions = {
  /** Who must see the row itself, if not the viewer; what it leads to is seen by the viewer. */
  seenBy?: Viewer;
};

/** The row of an entity for a field that resolves to it, batched with all others that the field asks for at this moment. */
export function loadRow(
  reader: Reader,
  info: GraphQLResolveInfo,
  entity: Entity,
  uuid: string,
  { seenBy }: RowOptions = {},
): Promise<unknown> {
  const type = concreteType({ type: info.returnType }) ?? info.schema.getType(entity.name);
  const plan = cachedPlan(info.fieldNodes[0]!, `${infoKey(reader, info)}:${entity.name}`, () =>
    compileRows(selectingOf(info), reader.viewer.role, entity, type as never, info.fieldNodes),
  );
  return reader.batch(batchName(plan, info), uuid, async (ids: readonly string[]) => {
    const run: RowsRun = { ...markingRun(reader, info.variableValues), ids: [...new Set(ids)], ...(seenBy && { seenBy }) };
    const statement = fill(plan, run);
    const rows = await reader.db.query<{ id: string; data: string | null }>(statement);
    reader.explain?.(statement, 'exec');
    const byId = new Map(rows.map((row) => [row.id, parse(row.data, plan, reader)]));
    return ids.map((id) => byId.get(id) ?? null);
  });
}

/** Fields of one execution that share a plan share its batches; other executions have other variables. */
function batchName(plan: Plan, info: GraphQLResolveInfo): string {
  return `rows:${nodeNumber(plan)}:${nodeNumber(info.variableValues)}`;
}
