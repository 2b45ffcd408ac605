// The oracle's database: every table whole, in memory. It is for small data that nobody changes while it is used.
import sql, { raw } from 'sql-template-tag';
import type { Queryable } from '../../../src/db/database.ts';
import { type ColumnMap, columnsOf, type ModelName, models, quoteIdent } from '../../../src/db/models.ts';

/** A row under its property names: text, numeric and uuid as text, moments as Date, days as text. */
export type Row = { id: string; [property: string]: unknown } & {
  /** Every value as PostgreSQL writes it; what cursors hold. */
  $text: Record<string, string | null>;
  /** Every custom attribute as text, as `->>` gives it. */
  $attributes: Record<string, string | null>;
};

export type Tables = {
  /** All rows of a model, those of other workspaces too. */
  rows(model: ModelName): Row[];
  /** The row of a workspace with this id: two workspaces may have rows of the same id. */
  byId(model: ModelName, workspaceId: string, id: unknown): Row | undefined;
  /** The day on which relationships are active: today in UTC. */
  today: string;
};

const ignored = new Set<ModelName>([
  ...(['EventInbox', 'IdempotencyRecord', 'CredentialBudget', 'EventConsumer', 'Counter'] as const),
  ...(['RuleUnit', 'RuleCheck', 'OpportunityRuleFiring'] as const),
]);

/** Reads all tables. Throws unless the database compares texts by their code points, as the oracle does. */
export async function loadTables(db: Queryable): Promise<Tables> {
  const [order] = await db.query<{ byCodePoint: boolean; today: string }>(
    sql`select 'Z' < 'a' and 'z' < 'é' and 'a b' < 'aa' as "byCodePoint", current_date::text as today`,
  );
  if (!order!.byCodePoint) throw new Error('the oracle needs a database with the collation C or C.UTF-8');
  const tables = new Map<ModelName, Row[]>();
  const index = new Map<ModelName, Map<string, Row>>();
  for (const model of Object.keys(models) as ModelName[]) {
    if (ignored.has(model)) continue;
    const rows = await load(db, model);
    tables.set(model, rows);
    index.set(model, new Map(rows.map((row) => [`${row.workspaceId ?? row.id} ${row.id}`, row])));
  }
  const found = <T>(from: Map<ModelName, T>, model: ModelName): T => {
    const table = from.get(model);
    if (!table) throw new Error(`the oracle has not loaded ${model}`);
    return table;
  };
  return {
    rows: (model) => found(tables, model),
    byId: (model, workspaceId, id) => found(index, model).get(`${workspaceId} ${id}`),
    today: order!.today,
  };
}

async function load(db: Queryable, model: ModelName): Promise<Row[]> {
  const columns = columnsOf(model);
  const parts = columns.map((column) => `${quoteIdent(column.column)}${column.list ? '' : '::text'} as ${quoteIdent(column.name)}`);
  if (columns.some(({ name }) => name === 'attributes'))
    parts.push(`(select jsonb_object_agg(key, value) from jsonb_each_text(attributes)) as "$attributes"`);
  const rows = await db.query<Record<string, string | null>>(
    sql`select ${raw(parts.join(', '))} from ${raw(quoteIdent(models[model].table))}`,
  );
  return rows.map((texts) => {
    const values = Object.fromEntries(columns.map((column) => [column.name, parse(column, texts[column.name] ?? null)]));
    return { ...values, $text: texts, $attributes: (texts.$attributes ?? {}) as unknown as Record<string, string | null> } as Row;
  });
}

function parse(column: ColumnMap, text: string | null): unknown {
  return text === null || column.list ? text : parseText(column.type, text);
}

/** A value from the text in which PostgreSQL writes it. */
export function parseText(type: string, text: string): unknown {
  if (type === 'timestamptz') return new Date(`${text.replace(' ', 'T').replace(/\+00$/, '')}Z`);
  if (type === 'bool') return text === 'true';
  if (type === 'int4' || type === 'float8') return Number(text);
  if (type === 'int8') return BigInt(text);
  return type === 'jsonb' ? JSON.parse(text) : text;
}
