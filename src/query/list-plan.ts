// Connections as JSON: the page is read once, LIMIT in SQL, and only what is selected is computed.
import sql, { join, raw, type Sql } from 'sql-template-tag';
import { apiError } from '../graphql/errors.ts';
import type { Entity } from './entity.ts';
import { compositeSql, extensionsOf, guarded, newAlias, objectSql, objectType, type Place, pairsSql, selectFields } from './plan.ts';
import { collectFields, type SelectedField, setsOf } from './selection.ts';
import { literal, type Run, slot, textLiteral } from './template.ts';

/** Counting stops here at the latest. */
export const MAX_COUNT = 1_000_000;

/** A list that can be paged. Its functions throw what is wrong with the arguments. */
export type ListPlan = {
  /** Alias of the rows, and their entity if they have one. */
  row: string;
  entity: Entity | null;
  window: (run: Run) => { limit: number; backward: boolean /** Whether a cursor was given. */; asked: boolean };
  /** At most `limit` rows from the cursor on, in reading order: backward pages come reversed. */
  rows: (run: Run, limit: number) => Sql;
  /** The cursor of a row. */
  cursor: Sql;
  /** At most `limit` rows of the whole list, without columns. */
  count: (run: Run, limit: number) => Sql;
  /** Rows `currency, amount` of the whole list. */
  sum?: (run: Run, field: string, currency: string | null) => Sql;
};

type Parts = {
  place: Place;
  list: ListPlan;
  page: string;
  nodes: Sql[];
  usesCursor: boolean;
  usesPlace: boolean;
  looksAhead: { next: boolean; previous: boolean };
};

/** The connection object of a list, at a field whose type is a connection. */
export function listSql(place: Place, list: ListPlan): Sql {
  const { build, field } = place;
  const type = objectType(field.def!.type);
  const parts: Parts = {
    place,
    list,
    page: `${list.row}p`,
    nodes: [],
    usesCursor: false,
    usesPlace: false,
    looksAhead: { next: false, previous: false },
  };
  const fields = collectFields(build, type, setsOf(field.nodes));
  const selected = new Set(fields.map((one) => one.def?.name));
  const rowsOnly = !selected.has('edges') && !selected.has('pageInfo') && fields.filter((one) => one.def?.name === 'nodes').length === 1;
  const items: [string, Sql][] = fields.map((one) => [one.key, itemSql(parts, one, rowsOnly)]);
  if (build.forResolvers) items.push(['$', textLiteral(type.name)]);
  const reads = parts.nodes.length > 0 || parts.usesCursor || parts.usesPlace;
  // `having` makes one row of the page also where no field is an aggregate.
  const from = reads ? sql`from (${rowsOnly ? rowsOnlySql(parts) : pageRowsSql(parts)}) ${raw(parts.page)} having true` : sql``;
  const connection = sql`(select ${pairsSql(items)} ${from})`;
  return guarded((run) => {
    list.window(run);
    return connection;
  });
}

function itemSql(parts: Parts, field: SelectedField, rowsOnly: boolean): Sql {
  const { place, list, page } = parts;
  const at: Place = { ...place, field, row: page, entity: null, path: [...place.path, field.key] };
  switch (field.def?.name) {
    case undefined:
      return textLiteral(field.type.name);
    case 'nodes':
      return aggregate(parts, rowsOnly ? rowItem(parts, field, at.path) : nodeColumn(parts, field, at.path));
    case 'edges':
      return aggregate(parts, edgeSql(parts, field, at.path));
    case 'pageInfo':
      return pageInfoSql(parts, field);
    case 'totalCount':
      return countSql(at, list);
    case 'sum':
      return sumSql(at, list);
    default:
      return fieldOf(at);
  }
}

function fieldOf(place: Place): Sql {
  const found = extensionsOf(place.field.def).plan?.(place);
  if (found && !('prefix' in found)) return found;
  place.build.needsResolvers = true;
  return sql`null`;
}

/** The whole row of the page is the node. */
function rowItem(parts: Parts, field: SelectedField, path: string[]): Sql {
  parts.nodes.push(nodeFields(parts, field, path));
  return raw(parts.page);
}

function nodeColumn(parts: Parts, field: SelectedField, path: string[]): Sql {
  parts.usesPlace = true;
  const number = parts.nodes.push(objectSql(nodeFields(parts, field, path))) - 1;
  return raw(`${parts.page}."n${number}"`);
}

function nodeFields({ place, list }: Parts, field: SelectedField, path: string[]): Sql {
  return selectFields(place.build, objectType(field.def!.type), setsOf(field.nodes), list.row, list.entity, path);
}

function edgeSql(parts: Parts, field: SelectedField, path: string[]): Sql {
  const { build } = parts.place;
  const type = objectType(field.def!.type);
  const pairs = collectFields(build, type, setsOf(field.nodes)).map((one): [string, Sql] => {
    if (!one.def) return [one.key, textLiteral(type.name)];
    if (one.def.name === 'node') return [one.key, nodeColumn(parts, one, [...path, one.key])];
    parts.usesCursor = true;
    return [one.key, raw(`${parts.page}."cursor"`)];
  });
  parts.usesPlace = true;
  if (build.forResolvers) pairs.push(['$', textLiteral(type.name)]);
  return pairsSql(pairs);
}

function aggregate(parts: Parts, item: Sql): Sql {
  const { list, looksAhead } = parts;
  const number = raw(`${parts.page}."#"`);
  const rest = slot((run) => {
    const { limit, backward } = list.window(run);
    const ahead = backward ? looksAhead.previous : looksAhead.next;
    const order = backward && isNumbered(parts) ? sql` order by ${number} desc` : sql``;
    return sql`${order})${ahead ? sql` filter (where ${number} <= ${literal(limit)})` : sql``}`;
  });
  return sql`coalesce(json_agg(${item}${rest}, '[]'::json)`;
}

function pageInfoSql(parts: Parts, field: SelectedField): Sql {
  const { list, page, looksAhead } = parts;
  const type = objectType(field.def!.type);
  const number = raw(`${page}."#"`);
  parts.usesPlace = true;
  const cursorAt = (first: boolean): Sql => {
    parts.usesCursor = true;
    return slot((run) => {
      const { limit, backward } = list.window(run);
      const last = sql`least(${raw(page)}."##", ${literal(limit)})`;
      return sql`max(${raw(page)}."cursor") filter (where ${number} = ${first !== backward ? sql`1` : last} and ${number} <= ${literal(limit)})`;
    });
  };
  const more = (forward: boolean): Sql => {
    looksAhead[forward ? 'next' : 'previous'] = true;
    return slot((run) => {
      const { limit, backward, asked } = list.window(run);
      return backward === forward ? raw(String(asked)) : sql`count(*) > ${literal(limit)}`;
    });
  };
  const values: Record<string, () => Sql> = {
    hasNextPage: () => more(true),
    hasPreviousPage: () => more(false),
    startCursor: () => cursorAt(true),
    endCursor: () => cursorAt(false),
  };
  const pairs = collectFields(parts.place.build, type, setsOf(field.nodes)).map((one): [string, Sql] => [
    one.key,
    one.def ? values[one.def.name]!() : textLiteral(type.name),
  ]);
  if (parts.place.build.forResolvers) pairs.push(['$', textLiteral(type.name)]);
  return pairsSql(pairs);
}

function isNumbered({ usesCursor, looksAhead, usesPlace }: Parts): boolean {
  return usesPlace || usesCursor || looksAhead.next || looksAhead.previous;
}

/** The rows of a page of which nothing but the fields of its nodes is asked: they are the nodes. */
function rowsOnlySql({ list, nodes }: Parts): Sql {
  const row = raw(list.row);
  const rows = slot((run) => {
    const { limit, backward } = list.window(run);
    const inner = list.rows(run, limit);
    if (!backward) return inner;
    return sql`select ${row}.* from (select ${row}.*, row_number() over () as "#" from (${inner}) ${row}) ${row} order by ${row}."#" desc`;
  });
  return sql`select ${nodes[0]} from (${rows}) ${row}`;
}

/** The rows of a page with their nodes, cursors and numbers, one row more where the page must know of it. */
function pageRowsSql(parts: Parts): Sql {
  const { list, nodes, usesCursor, looksAhead } = parts;
  const row = raw(list.row);
  const numbered = isNumbered(parts);
  const rows = slot((run) => {
    const { limit, backward } = list.window(run);
    const inner = list.rows(run, limit + ((backward ? looksAhead.previous : looksAhead.next) ? 1 : 0));
    const counted = usesCursor ? sql`, count(*) over () as "##"` : sql``;
    return numbered ? sql`select ${row}.*, row_number() over () as "#"${counted} from (${inner}) ${row}` : inner;
  });
  const columns = nodes.map((node, i) => sql`${node} as ${raw(`"n${i}"`)}`);
  if (usesCursor) columns.push(sql`${list.cursor} as "cursor"`, sql`${row}."##"`);
  if (numbered) columns.push(sql`${row}."#"`);
  return sql`select ${columns.length > 0 ? join(columns, ', ') : sql`1`} from (${rows}) ${row}`;
}

function countSql(place: Place, list: ListPlan): Sql {
  const upTo = (run: Run) => {
    const { upTo: value } = place.field.args(run) as { upTo: number };
    if (value < 1 || value > MAX_COUNT)
      throw apiError('BAD_USER_INPUT', `upTo is from 1 to ${MAX_COUNT}.`, { limit: 'upTo', value, maximum: MAX_COUNT });
    return value;
  };
  const rows = slot((run) => list.count(run, upTo(run) + 1));
  const most = slot((run) => literal(upTo(run)));
  const count = compositeSql(
    place,
    (alias) =>
      sql`from (select least(n, ${most})::int as value, n <= ${most} as "isExact" from (select count(*) as n from (${rows}) r) c) ${raw(alias)}`,
  );
  return guarded((run) => {
    upTo(run);
    return count;
  });
}

/** The sum in the one currency there is; null where there is none, an error that names them where there are several. */
function sumSql(place: Place, list: ListPlan): Sql {
  const args = (run: Run) => place.field.args(run) as { field: string; currency?: string | null };
  const sums = slot((run) => list.sum!(run, args(run).field, args(run).currency ?? null));
  const alias = newAlias(place.build);
  const one = compositeSql(place, (money) => sql`from (select ${raw(alias)}.amount, ${raw(alias)}.currency) ${raw(money)}`);
  const mixed = slot((run) =>
    run.mark(
      apiError('MIXED_CURRENCIES', 'The list holds several currencies: give the currency argument.'),
      sql`',"currencies":' || array_to_json(${raw(alias)}.currencies)`,
    ),
  );
  const several = sql`select count(*) as n, min(s.amount) as amount, min(s.currency) as currency, array_agg(s.currency order by s.currency) as currencies from (${sums}) s`;
  const sum = sql`(select case when ${raw(alias)}.n > 1 then ${mixed} else ${one} end from (${several}) ${raw(alias)} where ${raw(alias)}.n > 0)`;
  return guarded((run) => {
    list.sum!(run, args(run).field, args(run).currency ?? null);
    return sum;
  });
}
