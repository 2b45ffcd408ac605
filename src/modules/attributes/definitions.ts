// The definitions of custom attributes as commands need them: read once per command, and steady while values are written.
import sql, { type Sql } from 'sql-template-tag';
import type { CommandContext } from '../../commands/command.ts';
import type { AttributeEntity, AttributeType } from '../../db/models.ts';

/** The models that can have custom attributes. */
export type AttributeOwner = 'Customer' | 'Interaction';

export type Definition = {
  key: string;
  type: AttributeType;
  required: boolean;
  options: ReadonlySet<string>;
  indexed: boolean;
  archived: boolean;
};
export type Definitions = {
  byKey: ReadonlyMap<string, Definition>;
  /** Those that every new record must have. */
  required: readonly Definition[];
};

export const entityOfOwner: Record<AttributeOwner, AttributeEntity> = { Customer: 'CUSTOMER', Interaction: 'INTERACTION' };

type Loaded = Map<string, Promise<Definitions>>;
const loaded = new WeakMap<CommandContext, Loaded>();

/** The lock that writers of values share and that changes of what values may be take alone: so no value slips past a change. */
export function attributesLock(workspaceId: string, entity: AttributeEntity): Sql {
  return sql`hashtextextended(${`attributes:${entity}:${workspaceId}`}, 0)`;
}

/** The definitions of an owner. `writing` keeps their types, options and indexes as they are until the command ends. */
export function definitionsOf(ctx: CommandContext, owner: AttributeOwner, writing: boolean): Promise<Definitions> {
  const perCommand: Loaded = loaded.get(ctx) ?? new Map();
  loaded.set(ctx, perCommand);
  const known = perCommand.get(`${owner}:writing`) ?? (writing ? undefined : perCommand.get(owner));
  if (known) return known;
  const loading = load(ctx, entityOfOwner[owner], writing);
  perCommand.set(writing ? `${owner}:writing` : owner, loading);
  return loading;
}

// The lock in a statement of its own: a statement that waits for it would still read what was there before.
async function load(ctx: CommandContext, entity: AttributeEntity, writing: boolean): Promise<Definitions> {
  if (writing) await ctx.tx.query(sql`select pg_advisory_xact_lock_shared(${attributesLock(ctx.workspaceId, entity)})`);
  const rows = await ctx.tx.query<Omit<Definition, 'options'> & { options: string[] }>(sql`
    select key, type::text as type, required, options, indexed, archived_at is not null as archived from attribute_definitions
    where workspace_id = ${ctx.workspaceId}::uuid and entity = ${entity}::attribute_entity order by key`);
  const definitions = rows.map((row) => ({ ...row, options: new Set(row.options) }));
  return {
    byKey: new Map(definitions.map((definition) => [definition.key, definition])),
    required: definitions.filter((definition) => definition.required && !definition.archived),
  };
}
