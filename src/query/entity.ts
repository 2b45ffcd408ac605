// The readable shape of an entity, said once: the read functions, the GraphQL types, the filters and the orders are made from it.
import type { Sql } from 'sql-template-tag';
import type { Viewer } from '../auth/viewer.ts';
import type { ModelName } from '../db/models.ts';

/** Names a column of the aliased table: `c('ownerId')` is `t0."owner_id"`. */
export type ColumnOf = (property: string) => Sql;

export type RelationSpec =
  /** To one: this row's `key` column holds the other's id. */
  | { one: string; key: string; description: string }
  /** To many: the other row's `key` column holds this row's id. */
  | { many: string; key: string; description: string }
  /** To many over a join: `link` says which rows of the other entity (aliased by `c`) belong to the parent with id `parent`. */
  | {
      many: string;
      link: (c: ColumnOf, parent: Sql, workspaceId: Sql) => Sql;
      /** A select of the ids of the rows that belong to the parent, where there may be few or very many of them. */
      ids?: (parent: Sql, workspaceId: Sql) => Sql;
      /** The entity that is joined over, and the fields of it that the list tells: refused where the role hides one of them. */
      over?: { entity: string; tells: readonly string[] };
      description: string;
    };

export type FilterSpec =
  /** Operators on a column, by its type. */
  | { column: string; description?: string }
  /** By the id of the row that `column` points to. */
  | { id: string; entity: string; description?: string }
  /** By the key of the vocabulary row that `keyOf` points to. */
  | { keyOf: string; entity: string; description?: string }
  /** By a filter on the related entity. */
  | { relation: string; key: string; description?: string }
  /** By the related rows whose column `by` points to this one: `some` fits, `none` fits. An index on (workspace, by) must serve it. */
  | { listOf: string; by: string; description?: string }
  /** Words anywhere in the column, served by a trigram index. */
  | { search: string; description?: string };

export type OrderSpec = { column: string; description?: string };

/** Which rows a role with row scope TEAM or OWN sees. */
export type ScopeSpec =
  | { kind: 'columns'; owner: string; team?: string }
  | { kind: 'self'; user: string }
  | { kind: 'through'; entity: string; key: string };

export type EntitySpec = {
  /** GraphQL type and Prisma model. */
  name: ModelName;
  /** Root field for lists; absent: no root fields. */
  plural?: string;
  /** Root field for one by id; absent: none is made (a module may write its own). */
  singular?: string;
  /** TypeID prefix, letters only. */
  prefix: string;
  /** Subject of the permissions: `<subject>:read` shows it. */
  subject: string;
  description: string;
  /** Columns that are fields as they are. */
  fields: string[];
  /** Amount and currency columns read together as Money. */
  money?: Record<string, { amount: string; currency: string; description: string }>;
  /** External system and id columns read together as ExternalRef. */
  externalRef?: { field: string; system: string; id: string; description: string };
  /** Maps a column to another GraphQL type than its column type suggests. */
  types?: Record<string, string>;
  /** Columns of custom resolvers that are read but are no fields. */
  relations?: Record<string, RelationSpec>;
  /** Fields that modules add by hand; a role can hide them like the others. */
  added?: readonly string[];
  filters?: Record<string, FilterSpec>;
  /** The `AttributeDefinition.entity` whose definitions can be filtered and ordered by. */
  attributes?: string;
  orders?: Record<string, OrderSpec>;
  /** Name in `orders` and direction when nothing is asked. */
  defaultOrder?: { field: string; direction: 'ASC' | 'DESC' };
  /** Money fields that `sum` takes, by enum value. */
  sums?: Record<string, string>;
  scope?: ScopeSpec;
  /** Further rows hidden whatever the role says. */
  visible?: (c: ColumnOf, viewer: Viewer) => Sql | null;
};

export type Entity = EntitySpec;

const entities = new Map<string, Entity>();

/** Registers an entity. Modules call it once, at the top of their `<x>.entity.ts`. */
export function defineEntity(spec: EntitySpec): Entity {
  if (entities.has(spec.name)) throw new Error(`entity ${spec.name} is defined twice`);
  entities.set(spec.name, spec);
  return spec;
}

/** The entity of that name; a mistake in a module if there is none. */
export function entityNamed(name: string): Entity {
  const entity = entities.get(name);
  if (!entity) throw new Error(`no entity ${name}`);
  return entity;
}

/** All entities, in the order of their definition. */
export function allEntities(): Entity[] {
  return [...entities.values()];
}

/** The entity whose ids begin with `prefix`, if any. */
export function entityOfPrefix(prefix: string): Entity | undefined {
  return allEntities().find((entity) => entity.prefix === prefix);
}
