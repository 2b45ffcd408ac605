// The shape of the map that `scripts/generate-models.mjs` writes from the Prisma schema, and small helpers over it.
import { models } from './generated/models.ts';

export * from './generated/models.ts';

export type JsonValue = string | number | boolean | null | JsonValue[] | JsonObject;
export type JsonObject = { [key: string]: JsonValue };

export type ColumnMap = {
  /** Name of the property in a row. */
  readonly name: string;
  /** Name of the column in the table. */
  readonly column: string;
  /** PostgreSQL type to cast one value to; append `[]` for a list. Enums: the enum's name in the database. */
  readonly type: string;
  readonly list: boolean;
  readonly nullable: boolean;
  readonly hasDefault: boolean;
  /** Name of the enum in `enums`. */
  readonly enum?: string;
  readonly description?: string;
};

export type RelationMap = {
  readonly name: string;
  readonly model: string;
  readonly list: boolean;
  readonly nullable: boolean;
  /** Whether this side holds the foreign key. */
  readonly owning: boolean;
  /** Columns of this model, by property name, that equal `references` of the other model; on both sides of a relation. */
  readonly fields: readonly string[];
  readonly references: readonly string[];
  /** The relation's name on the other model. */
  readonly inverse: string;
  readonly description?: string;
};

export type ModelMap = {
  readonly name: string;
  readonly table: string;
  readonly description?: string;
  readonly primaryKey: readonly string[];
  readonly columns: { readonly [name: string]: ColumnMap };
  /** Unique constraints besides the primary key, each a list of property names. */
  readonly uniques: readonly (readonly string[])[];
  readonly relations: { readonly [name: string]: RelationMap };
};

export type EnumMap = {
  readonly name: string;
  /** Name of the enum in the database. */
  readonly type: string;
  readonly description?: string;
  readonly values: readonly { readonly name: string; readonly description?: string }[];
};

export type ModelName = keyof typeof models;

/** The columns of a model, in the order of the schema. */
export function columnsOf(model: ModelName | ModelMap): readonly ColumnMap[] {
  const map: ModelMap = typeof model === 'string' ? models[model] : model;
  return Object.values(map.columns);
}

/** Quotes a name for use in SQL. */
export function quoteIdent(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
