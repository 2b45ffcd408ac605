// Attributes of plugins in the workspaces: one statement sees what is missing or different, the core's command makes it.
import sql from 'sql-template-tag';
import { inWorkspace } from '../commands/system.ts';
import { UserErrors } from '../commands/user-errors.ts';
import type { Database, Transaction } from '../db/database.ts';
import { attributeDefinitionCommands } from '../modules/attributes/index.ts';
import type { AttributesHost } from './host.ts';

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

type Wanted = { workspaceId: string; place: number; type: string | null; options: string[] | null };

/** Makes the attributes that workspaces lack. Throws where one is there as something else. */
export async function ensureAttributes(db: Database | Transaction, attributes: readonly Attribute[]): Promise<void> {
  if (attributes.length === 0) return;
  const different = await db.query<Wanted>(sql`
    select w.id as "workspaceId", a.place::int4 as place, d.type::text as type, d.options
    from workspaces w
    cross join unnest(${attributes.map(({ entity }) => entity.toUpperCase())}::text[], ${attributes.map(({ key }) => key)}::text[],
      ${attributes.map(({ type }) => coreTypes[type])}::text[]) with ordinality as a (entity, key, type, place)
    left join attribute_definitions d on d.workspace_id = w.id and d.entity::text = a.entity and d.key = a.key
    where d.id is null or d.type::text <> a.type or d.type = 'SELECT'
    order by w.id, a.place`);
  for (const { workspaceId, place, type, options } of different) {
    const attribute = attributes[place - 1]!;
    if (type !== null) assertSame(attribute, type, options ?? []);
    else await make(db, workspaceId, attribute);
  }
}

function assertSame({ entity, key, type, options = [] }: Attribute, knownType: string, known: readonly string[]): void {
  if (knownType !== coreTypes[type]) {
    throw new Error(
      `the attribute ${key} of ${entity} is ${knownType} in this database and cannot become ${coreTypes[type]}: give it another key`,
    );
  }
  const missing = options.filter((option) => !known.includes(option));
  if (missing.length > 0) {
    throw new Error(
      `the attribute ${key} of ${entity} lacks options in this database: add ${missing.join(', ')} by attributeDefinitionUpdate`,
    );
  }
}

async function make(
  db: Database | Transaction,
  workspaceId: string,
  { entity, key, name, description, type, options, indexed }: Attribute,
): Promise<void> {
  const input = {
    entity: entity.toUpperCase(),
    key,
    name,
    description,
    type: coreTypes[type],
    ...(options && { options }),
    indexed: indexed ?? false,
  };
  const { create } = attributeDefinitionCommands;
  const run = (tx: Transaction) => inWorkspace(tx, workspaceId, (ctx) => create.run(ctx, create.input.parse(input)));
  try {
    await ('transaction' in db ? db.transaction(run) : run(db));
  } catch (error) {
    if (!(error instanceof UserErrors)) throw error;
    // Another server was faster.
    if (error.errors.some(({ code }) => code === 'DUPLICATE')) return;
    throw new Error(`the attribute ${key} of ${entity} cannot be made: ${error.errors.map(({ message }) => message).join(' ')}`);
  }
}
