// Lists of an entity: the rows of a page by keyset, their count and their sums, all over one condition.
import sql, { join, raw, type Sql } from 'sql-template-tag';
import { apiError } from '../graphql/errors.ts';
import type { Entity } from './entity.ts';
import type { FilterInput } from './filter.ts';
import type { ListPlan } from './list-plan.ts';
import { keysetParts, type OrderInput, type OrderTerm, orderBySql } from './order.ts';
import { type Link, listCondition, type PageArgs, pageWindow } from './page.ts';
import { newAlias, type Place } from './plan.ts';
import { hidesColumn, requireRead } from './policy.ts';
import { columnsOfAlias, tableOf } from './sql.ts';
import { literal, perRun, type Run, slot } from './template.ts';

export type ListArgs = PageArgs & { filter?: FilterInput | null; orderBy?: OrderInput[] | null };

type Options = {
  /** Tells lists with different links apart, in their cursors. */
  name: string | ((run: Run) => string);
  /** Throws where the field is not for this viewer or these arguments. */
  check?: (run: Run) => void;
  link?: (c: Parameters<Link>[0], workspaceId: Sql, run: Run) => Sql;
  /** A select of the ids of the linked rows; nothing of it names a row of the list. */
  ids?: (workspaceId: Sql, run: Run) => Sql;
};

/** Up to so many linked rows are read by their ids and sorted; of more, enough are met soon in the order of an index. */
const FEW = 2_000;

/** The list of `target` at a place, whose arguments are those of every list. */
export function entityList(place: Place, target: Entity, { name, check, link, ids }: Options): ListPlan {
  const row = newAlias(place.build);
  const c = columnsOfAlias(target.name, row);
  const from = sql`from ${tableOf(target.name)} ${raw(row)}`;
  const state = perRun((run) => {
    const { viewer } = run;
    requireRead(viewer, target);
    check?.(run);
    const args = place.field.args(run) as ListArgs;
    const spec = {
      entity: target,
      filter: args.filter ?? null,
      link: link && ((columns: typeof c, workspaceId: Sql) => link(columns, workspaceId, run)),
    };
    const window = pageWindow(viewer, spec, args, args.orderBy, typeof name === 'string' ? name : name(run));
    return { window, condition: listCondition(viewer, spec, row), ways: waysOf(ids?.(sql`${viewer.workspaceId}::uuid`, run), c) };
  });
  return {
    row,
    entity: target,
    window: (run) => {
      const { limit, backward, from: cursor } = state(run).window;
      return { limit, backward, asked: cursor !== null };
    },
    rows(run, limit) {
      const { window, condition, ways } = state(run);
      const end = sql`order by ${orderBySql(window.terms, c)} limit ${literal(limit)}`;
      const part = (conditions: Sql[]) => sql`select ${raw(row)}.* ${from} where ${join([condition, ...conditions], ' and ')} ${end}`;
      const beyond = window.from ? keysetParts(window.terms, window.from, c).map((one) => [one]) : [[]];
      const parts = beyond.flatMap((one) => ways.map((way) => [...one, ...way]));
      if (parts.length === 1) return part(parts[0]!);
      if (parts.length === 0) return part([sql`false`]);
      const all = join(
        parts.map((one) => sql`(${part(one)})`),
        ' union all ',
      );
      return sql`select ${raw(row)}.* from (${all}) ${raw(row)} ${end}`;
    },
    cursor: slot((run) => {
      const { terms, print } = state(run).window;
      return cursorSql(
        print(),
        terms.map((term) => termJson(term, term.sql(c))),
      );
    }),
    count(run, limit) {
      const { condition, ways } = state(run);
      const counts = ways.map((way) => sql`(select ${from} where ${join([condition, ...way], ' and ')} limit ${literal(limit)})`);
      return counts.length === 1 ? sql`select ${from} where ${condition} limit ${literal(limit)}` : join(counts, ' union all ');
    },
    sum(run, field, currency) {
      const columns = target.money![target.sums![field]!]!;
      if (Object.values(columns).some((column) => hidesColumn(run.viewer, target, column)))
        throw apiError('FORBIDDEN', `The role hides what ${field} sums.`);
      const only = currency === null ? sql`` : sql` and ${c(columns.currency)} = ${currency}`;
      return sql`select ${c(columns.currency)} as currency, sum(${c(columns.amount)}) as amount ${from}
        where ${state(run).condition} and ${c(columns.amount)} is not null${only} group by 1 order by 1`;
    },
  };
}

// A planner that does not know the parent takes every parent for an average one: with few rows it would walk the whole table.
// So the statement holds both ways, and how many rows there are decides when it runs.
function waysOf(ids: Sql | undefined, c: Parameters<Link>[0]): Sql[][] {
  if (!ids) return [[]];
  const bounded = sql`${ids} limit ${literal(FEW + 1)}`;
  const few = sql`(select count(*) from (${bounded}) few) <= ${literal(FEW)}`;
  return [[few, sql`${c('id')} = any(array(${bounded}))`], [sql`not ${few}`]];
}

/** A cursor as `encodeCursor` writes it, of values that are JSON texts. */
export function cursorSql(print: string, values: Sql[]): Sql {
  return sql`translate(encode(convert_to('["' || ${print}::text || '",' || ${join(values, ` || ',' || `)} || ']', 'UTF8'), 'base64'), '+/=' || chr(10), '-_')`;
}

/** JSON of an order term's value. */
function termJson(term: OrderTerm, value: Sql): Sql {
  if (term.type === 'uuid') return sql`'"' || ${value} || '"'`;
  const json = sql`to_json(${value}::text)::text`;
  return term.nullable ? sql`coalesce(${json}, 'null')` : json;
}
