// Attributes of plugins in the workspaces: one statement sees what is missing or different, the core's commands make it so.
import sql from 'sql-template-tag';
import { type CommandContext, toUserError } from '../commands/command.ts';
import { defineGuard } from '../commands/guards.ts';
import { inWorkspace } from '../commands/system.ts';
import { reject, UserErrors } from '../commands/user-errors.ts';
import type { Database, Transaction } from '../db/database.ts';
import { inSavepoint } from '../db/savepoint.ts';
import { encodeId } from '../graphql/ids.ts';
import { attributeDefinitionCommands } from '../modules/attributes/index.ts';
import type { AttributesHost } from './host.ts';
import type { LoadedPlugin } from './loaded.ts';

export type Attribute = Parameters<AttributesHost['define']>[1] & { entity: 'Customer' | 'Interaction' };

const coreTypes = {
  TEXT: 'TEXT',
  INTEGER: 'NUMBER',
  DECIMAL: 'NUMBER',
  BOOLEAN: 'BOOLEAN',
  DATE: 'DATE',
  DATETIME: 'DATE_TIME',
  OPTION: 'SELECT',
} as const satisfies Record<Attribute['type'], string>;

/** The types of attributes in the words of plugins. */
export const attributeTypes: readonly string[] = Object.keys(coreTypes);

type Wanted = { workspaceId: string; workspace: string; place: number; type: string | null; options: string[] | null };

/** What is wrong in one workspace, for people; `stops`: at a start nothing can go on. */
export type AttributeProblem = { workspace: string; attribute: string; reason: string; stops: boolean };

/**
 * Makes the attributes that workspaces lack, and adds the options that theirs lack. Answers where that cannot be: one
 * workspace must not stand in the way of others. What a workspace has archived is left as it is.
 */
export async function ensureAttributes(db: Database | Transaction, attributes: readonly Attribute[]): Promise<AttributeProblem[]> {
  if (attributes.length === 0) return [];
  const different = await db.query<Wanted>(sql`
    select w.id as "workspaceId", w.key as workspace, a.place::int4 as place, d.type::text as type, d.options
    from workspaces w
    cross join unnest(${attributes.map(({ entity }) => entity.toUpperCase())}::text[], ${attributes.map(({ key }) => key)}::text[],
      ${attributes.map(({ type }) => coreTypes[type])}::text[]) with ordinality as a (entity, key, type, place)
    left join attribute_definitions d on d.workspace_id = w.id and d.entity::text = a.entity and d.key = a.key
    where d.id is null or (d.archived_at is null and (d.type::text <> a.type or d.type = 'SELECT'))
    order by w.id, a.place`);
  const problems: AttributeProblem[] = [];
  for (const { workspaceId, workspace, place, type, options } of different) {
    const attribute = attributes[place - 1]!;
    const { entity, key } = attribute;
    const wrong = (reason: string, stops: boolean) => problems.push({ workspace, attribute: key, reason, stops });
    if (type === null) {
      const why = await made(db, workspaceId, attribute);
      if (why) wrong(`the attribute ${key} of ${entity} cannot be made in the workspace ${workspace}: ${why}`, true);
    } else if (type !== coreTypes[attribute.type]) {
      const there = `the attribute ${key} of ${entity} is ${type} in the workspace ${workspace}`;
      wrong(
        `${there} and cannot become ${coreTypes[attribute.type]}: start without the plugin and archive it there, or give the plugin's another key`,
        true,
      );
    } else if (lacking(attribute, options ?? []).length > 0) {
      const why = await extended(db, workspaceId, attribute);
      if (why) wrong(`the attribute ${key} of ${entity} lacks options in the workspace ${workspace}: ${why}`, false);
    }
  }
  return problems;
}

const lacking = ({ options = [] }: Attribute, known: readonly string[]) => options.filter((option) => !known.includes(option));

/** Makes one; answers why it cannot be. */
function made(db: Database | Transaction, workspaceId: string, attribute: Attribute): Promise<string | null> {
  const { entity, key, name, description, type, options, indexed } = attribute;
  const shape = { entity: entity.toUpperCase(), key, name, description, type: coreTypes[type] };
  const input = { ...shape, ...(options && { options }), indexed: indexed ?? false };
  const { create } = attributeDefinitionCommands;
  return refusalOf(db, workspaceId, async (ctx) => void (await create.run(ctx, create.input.parse(input))));
}

/** Adds the options that one lacks behind those that it has; answers why it cannot be. */
function extended(db: Database | Transaction, workspaceId: string, attribute: Attribute): Promise<string | null> {
  const { update } = attributeDefinitionCommands;
  return refusalOf(db, workspaceId, async (ctx) => {
    const [known] = await ctx.tx.query<{ id: string; options: string[] }>(sql`select id, options from attribute_definitions
      where workspace_id = ${workspaceId}::uuid and entity = ${attribute.entity.toUpperCase()}::attribute_entity and key = ${attribute.key}
        and type = 'SELECT' and archived_at is null for no key update`);
    const missing = known ? lacking(attribute, known.options) : [];
    if (!known || missing.length === 0) return; // changed meanwhile
    const parsed = update.input.safeParse({ id: encodeId('AttributeDefinition', known.id), options: [...known.options, ...missing] });
    if (!parsed.success) throw new UserErrors(parsed.error.issues.map(toUserError));
    await update.run(ctx, parsed.data);
  });
}

/** Runs a command of the core as the system; null where it went well, else what it refused with, and nothing is changed. */
async function refusalOf(
  db: Database | Transaction,
  workspaceId: string,
  work: (ctx: CommandContext) => Promise<void>,
): Promise<string | null> {
  try {
    if ('transaction' in db) await db.transaction((tx) => inWorkspace(tx, workspaceId, work));
    else await inSavepoint(db, () => inWorkspace(db, workspaceId, work));
    return null;
  } catch (error) {
    if (!(error instanceof UserErrors)) throw error;
    // Another server was faster.
    if (error.errors.some(({ code }) => code === 'DUPLICATE')) return null;
    return error.errors.map(({ message }) => message).join(' ');
  }
}

/** Refuses what would make another type of one: the plugin writes what the type takes, and its next start would fail. */
export function keepTypes({ id, names }: Pick<LoadedPlugin, 'id' | 'names'>, attributes: readonly Attribute[]): void {
  // Codes of plugins begin with their id.
  const code = `${names.upper}_ATTRIBUTE_TYPE`;
  const assertType = (given: unknown, path: (string | number)[]) => {
    const { entity, key, type } = (given ?? {}) as { entity?: unknown; key?: unknown; type?: unknown };
    const own = attributes.find((attribute) => attribute.key === key && attribute.entity.toUpperCase() === entity);
    if (!own || type == null || type === coreTypes[own.type]) return;
    reject(code, `The plugin ${id} needs this attribute to be ${coreTypes[own.type]}.`, [...path, 'type']);
  };
  defineGuard('attributeDefinitionCreate', async (_ctx, input) => assertType(input, []));
  defineGuard('attributeDefinitionsUpsert', async (_ctx, input) => {
    for (const [index, row] of (input as { rows: unknown[] }).rows.entries()) assertType(row, ['rows', index]);
  });
  defineGuard('attributeDefinitionUpdate', async ({ tx, workspaceId }, input) => {
    const { id: definition, type } = input as { id: string; type?: string | null };
    if (type == null) return;
    const [known] = await tx.query<{ entity: string; key: string }>(sql`select entity::text, key from attribute_definitions
      where workspace_id = ${workspaceId}::uuid and id = ${definition}::uuid`);
    assertType({ ...known, type }, []);
  });
}
