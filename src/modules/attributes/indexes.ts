// The indexes of indexed attributes: one per definition, over the rows of its workspace only, on the very expressions
// that filters and orders use. Built in the command's transaction, so writers of the table wait while it is built.
import sql, { join, raw, type Sql } from 'sql-template-tag';
import type { CommandContext } from '../../commands/command.ts';
import { lockRows } from '../../commands/rows.ts';
import { reject } from '../../commands/user-errors.ts';
import { type AttributeDefinitionRow, type AttributeEntity, type AttributeType, quoteIdent } from '../../db/models.ts';
import { numberOf, textOf } from '../../query/attribute-filter.ts';

/** How many definitions of one workspace and entity can be indexed. */
export const INDEXES_PER_ENTITY = 20;
export const tableOfEntity: Record<AttributeEntity, string> = { CUSTOMER: 'customers', INTERACTION: 'interactions' };

// Waiting for the table longer than this would hold up its writers.
const LOCK_TIMEOUT = '10s';
const kinds: Partial<Record<AttributeType, 'number' | 'text'>> = {
  NUMBER: 'number',
  TEXT: 'text',
  SELECT: 'text',
  DATE: 'text',
  DATE_TIME: 'text',
};

/** How an index compares values of the type; undefined where none makes sense. */
export function indexKindOf(type: AttributeType): 'number' | 'text' | undefined {
  return kinds[type];
}

/** The name of a definition's index. */
export function indexName(id: string, kind: 'number' | 'text'): string {
  return `attribute_${kind}_${id.replaceAll('-', '')}`;
}

/** Makes and drops indexes so that they fit these definitions. Refuses with ATTRIBUTE_INDEX_LIMIT and ATTRIBUTE_INDEX_BUSY. */
export async function syncIndexes(ctx: CommandContext, ids: string[]): Promise<void> {
  if (ids.length === 0) return;
  const rows = await lockRows(ctx, 'AttributeDefinition', ids);
  const pairs = rows.flatMap((row) => (['number', 'text'] as const).map((kind) => ({ row, kind, name: indexName(row.id, kind) })));
  const found = await ctx.tx.query<{ relname: string }>(sql`select relname from pg_class
    where relkind = 'i' and relnamespace = current_schema()::regnamespace and relname = any(${pairs.map(({ name }) => name)}::text[])`);
  const there = new Set(found.map(({ relname }) => relname));
  const wants = ({ row, kind }: (typeof pairs)[number]) => row.indexed && !row.archivedAt && indexKindOf(row.type) === kind;
  const statements = [
    ...pairs.filter((pair) => there.has(pair.name) && !wants(pair)).map(({ name }) => sql`drop index ${raw(quoteIdent(name))}`),
    ...pairs.filter((pair) => !there.has(pair.name) && wants(pair)).map((pair) => createSql(ctx.workspaceId, pair.row, pair.kind)),
  ];
  if (statements.length === 0) return;
  await refuseTooMany(ctx, rows);
  await run(ctx, statements);
}

// Definitions come out of the archive with their index, past the check of those that are switched on.
async function refuseTooMany(ctx: CommandContext, rows: AttributeDefinitionRow[]): Promise<void> {
  const entities = [...new Set(rows.map((row) => row.entity))];
  const full = await ctx.tx.query(sql`select from attribute_definitions where workspace_id = ${ctx.workspaceId}::uuid
    and entity::text in (${join(entities)}) and indexed and archived_at is null group by entity having count(*) > ${INDEXES_PER_ENTITY}`);
  if (full.length > 0) reject('ATTRIBUTE_INDEX_LIMIT', `At most ${INDEXES_PER_ENTITY} attributes can be indexed.`, ['id']);
}

/** The statement that makes an index. It takes no parameters: the key and the workspace are checked and stand in its text. */
export function createSql(
  workspaceId: string,
  { id, entity, key }: Pick<AttributeDefinitionRow, 'id' | 'entity' | 'key'>,
  kind: 'number' | 'text',
): Sql {
  if (!/^[0-9a-f-]{36}$/.test(workspaceId)) throw new Error('unchecked workspace id');
  const value = kind === 'number' ? numberOf(raw('attributes'), key) : textOf(raw('attributes'), key);
  return sql`create index if not exists ${raw(quoteIdent(indexName(id, kind)))} on ${raw(tableOfEntity[entity])} (${value}, id) where workspace_id = ${raw(`'${workspaceId}'::uuid`)}`;
}

async function run(ctx: CommandContext, statements: Sql[]): Promise<void> {
  await ctx.tx.execute(sql`set local lock_timeout = ${raw(`'${LOCK_TIMEOUT}'`)}`);
  // A large table takes longer than a request may.
  await ctx.tx.execute(sql`set local statement_timeout = 0`);
  try {
    for (const statement of statements) await ctx.tx.execute(statement);
  } catch (error) {
    if ((error as { code?: string }).code === '55P03')
      reject('ATTRIBUTE_INDEX_BUSY', 'The table was too busy to index it; try again.', ['indexed']);
    throw error;
  }
  await ctx.tx.execute(sql`set local lock_timeout = 0`);
}
