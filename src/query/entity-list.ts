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
};

/** The list of `target` at a place, whose arguments are those of every list. */
export function entityList(place: Place, target: Entity, { name, check, link }: Options): ListPlan {
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
    return { window, condition: listCondition(viewer, spec, row) };
  });
  return {
    row,
    entity: target,
    window: (run) => {
      const { limit, backward, from: cursor } = state(run).window;
      return { limit, backward, asked: cursor !== null };
    },
    rows(run, limit) {
      const { window, condition } = state(run);
      const end = sql`order by ${orderBySql(window.terms, c)} limit ${literal(limit)}`;
      const part = (beyond: Sql | null) =>
        sql`select ${raw(row)}.* ${from} where ${condition}${beyond ? sql` and ${beyond}` : sql``} ${end}`;
      const parts = window.from ? keysetParts(window.terms, window.from, c) : [null];
      if (parts.length === 1) return part(parts[0]!);
      if (parts.length === 0) return part(sql`false`);
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
    count: (run, limit) => sql`select ${from} where ${state(run).condition} limit ${literal(limit)}`,
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
