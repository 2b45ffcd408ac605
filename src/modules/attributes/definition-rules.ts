// What a definition must fulfil before it is written.
import sql, { raw } from 'sql-template-tag';
import type { CommandContext } from '../../commands/command.ts';
import { allColumns } from '../../commands/rows.ts';
import { reject } from '../../commands/user-errors.ts';
import type { AttributeDefinitionRow, AttributeEntity, AttributeType } from '../../db/models.ts';
import { textOf } from '../../query/attribute-filter.ts';
import { attributesLock } from './definitions.ts';
import { INDEXES_PER_ENTITY, indexKindOf, tableOfEntity } from './indexes.ts';
import { MAX_INDEXED_TEXT } from './values.ts';

type Values = Record<string, unknown>;
type Shape = Pick<AttributeDefinitionRow, 'entity' | 'key' | 'type' | 'options' | 'indexed'>;

const hasOptions = (type: AttributeType) => type === 'SELECT' || type === 'MULTI_SELECT';

/** The columns of a definition as given over what there is. Throws UserErrors. */
export async function checkDefinition(ctx: CommandContext, values: Values, current: Values | null, isNew: boolean): Promise<Values> {
  const before = (current as AttributeDefinitionRow | null) ?? (isNew ? null : await find(ctx, values));
  const columns = { ...values };
  if (columns.options !== undefined) columns.options = [...new Set((columns.options as string[] | null) ?? [])];
  const blank: Shape = { entity: 'CUSTOMER', key: '', type: 'TEXT', options: [], indexed: false };
  const given = Object.fromEntries(Object.entries(columns).filter(([, value]) => value != null));
  const after: Shape = { ...blank, ...before, ...given };
  checkOptions(after);
  if (after.indexed && !indexKindOf(after.type))
    reject(
      'ATTRIBUTE_INDEX_TYPE',
      'A BOOLEAN or MULTI_SELECT attribute needs no index of its own: equality is served by the one of all attributes.',
      ['indexed'],
    );
  const retyped = before !== null && before.type !== after.type;
  const newlyIndexed = after.indexed && !(before?.indexed && !before.archivedAt);
  if (retyped || newlyIndexed) await ctx.tx.query(sql`select pg_advisory_xact_lock(${attributesLock(ctx.workspaceId, after.entity)})`);
  if (retyped && (await isUsed(ctx, after)))
    reject('ATTRIBUTE_IN_USE', `Records have values of type ${before.type}: make another attribute instead.`, ['type']);
  if (newlyIndexed || (retyped && after.indexed)) await checkIndexable(ctx, after, before?.id ?? null);
  return columns;
}

function checkOptions({ type, options }: Shape): void {
  if (hasOptions(type) && options.length === 0) reject('ATTRIBUTE_OPTIONS', `A ${type} attribute needs options.`, ['options']);
  if (!hasOptions(type) && options.length > 0) reject('ATTRIBUTE_OPTIONS', `A ${type} attribute has no options.`, ['options']);
}

async function find(ctx: CommandContext, { entity, key }: Values): Promise<AttributeDefinitionRow | null> {
  const [row] = await ctx.tx.query<AttributeDefinitionRow>(sql`select ${allColumns('AttributeDefinition')} from attribute_definitions
    where workspace_id = ${ctx.workspaceId}::uuid and entity = ${entity as AttributeEntity}::attribute_entity and key = ${key as string} for no key update`);
  return row ?? null;
}

async function isUsed(ctx: CommandContext, { entity, key }: Shape): Promise<boolean> {
  const rows = await ctx.tx.query(
    sql`select from ${raw(tableOfEntity[entity])} where workspace_id = ${ctx.workspaceId}::uuid and attributes ? ${key} limit 1`,
  );
  return rows.length > 0;
}

async function checkIndexable(ctx: CommandContext, after: Shape, self: string | null): Promise<void> {
  const others = await ctx.tx.query(sql`select from attribute_definitions
    where workspace_id = ${ctx.workspaceId}::uuid and entity = ${after.entity}::attribute_entity and indexed and archived_at is null and id is distinct from ${self}::uuid`);
  if (others.length >= INDEXES_PER_ENTITY)
    reject('ATTRIBUTE_INDEX_LIMIT', `At most ${INDEXES_PER_ENTITY} attributes can be indexed.`, ['indexed']);
  if (after.type !== 'TEXT') return;
  const long = await ctx.tx.query(sql`select from ${raw(tableOfEntity[after.entity])}
    where workspace_id = ${ctx.workspaceId}::uuid and length(${textOf(raw('attributes'), after.key)}) > ${MAX_INDEXED_TEXT} limit 1`);
  if (long.length > 0)
    reject('ATTRIBUTE_INDEX_LENGTH', `A record has a text of more than ${MAX_INDEXED_TEXT} characters, which no index takes.`, ['indexed']);
}
