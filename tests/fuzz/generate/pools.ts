// Values that occur in the data, and lists that were answered before with their cursors.
import { columnsOf, type ModelName } from '../../../src/db/models.ts';
import { encodeTypeId } from '../../../src/lib/typeid.ts';
import { allEntities, entityNamed } from '../../../src/query/entity.ts';
import type { Row, Tables } from '../../support/oracle/index.ts';
import type { Random } from '../random.ts';

type Json = Record<string, unknown>;
/** A list that had rows: what chose and ordered them, and the cursors of some. */
export type KnownList = { args: Json; cursors: string[] };

export type Pools = {
  rows(model: ModelName): Row[];
  /** The API's id of some row, now and then one of another type, of nothing, or no id at all. */
  id(entity: string | null): string;
  /** The API's id of a row. */
  idOf(entity: string, uuid: string): string;
  /** The id of some row of this entity. */
  realId(entity: string): string;
  /** A value of the column, in the form in which inputs take it; null if the row has none. */
  value(entity: string, column: string): unknown;
  /** A custom attribute of some row. */
  attribute(entity: string, key: string): unknown;
  remember(coordinate: string, list: KnownList): void;
  recall(coordinate: string): KnownList | null;
  /** A cursor of any list. */
  anyCursor(): string | null;
};

const MOST_LISTS = 40;

/** Of the workspace's own rows mostly. */
export function createPools(tables: Tables, workspaceId: string, random: Random): Pools {
  const lists = new Map<string, KnownList[]>();
  const own = new Map<string, Row[]>();
  const rows = (model: ModelName): Row[] => {
    const found = own.get(model) ?? tables.rows(model).filter((row) => (row.workspaceId ?? row.id) === workspaceId);
    own.set(model, found);
    return found;
  };
  const realId = (entity: string) => {
    const { name, prefix } = entityNamed(entity);
    const table = random.chance(0.05) ? tables.rows(name) : rows(name);
    return encodeTypeId(prefix, random.pick(table).id);
  };
  return {
    rows,
    realId,
    idOf: (entity, uuid) => encodeTypeId(entityNamed(entity).prefix, uuid),
    id(entity) {
      if (random.chance(0.03)) return random.pick(['', 'nonsense', 'customer_1', 'other_01h455vb4pex5vsknk084sn02q', '0190']);
      if (random.chance(0.03)) return encodeTypeId(entityNamed(entity ?? 'Customer').prefix, random.uuid(1));
      return realId(entity && !random.chance(0.02) ? entity : random.pick(allEntities()).name);
    },
    value(entity, column) {
      const table = rows(entity as ModelName);
      const value = table.length === 0 ? null : random.pick(table)[column];
      const type = columnsOf(entity as ModelName).find(({ name }) => name === column)!.type;
      return value instanceof Date && type === 'timestamptz' ? value.toISOString() : value;
    },
    attribute: (entity, key) => (random.pick(rows(entity as ModelName)).attributes as Json)[key] ?? null,
    remember(coordinate, list) {
      const known = lists.get(coordinate) ?? [];
      lists.set(coordinate, [...known.slice(-MOST_LISTS + 1), list]);
    },
    recall(coordinate) {
      const known = lists.get(coordinate);
      return known ? random.pick(known) : null;
    },
    anyCursor() {
      const known = [...lists.values()].flat();
      return known.length === 0 ? null : random.pick(random.pick(known).cursors);
    },
  };
}
