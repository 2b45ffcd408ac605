// Counts and sums of a list, for one parent or many at once. Counts stop at a bound.
import sql, { raw, type Sql } from 'sql-template-tag';
import type { Viewer } from '../auth/viewer.ts';
import type { Queryable } from '../db/database.ts';
import { type ListSpec, listCondition } from './page.ts';
import { columnsOfAlias, tableOf } from './sql.ts';

export type BoundedCount = { value: number; isExact: boolean };
export type CurrencySum = { currency: string; amount: string };

/** Parents of a batch: null stands for a list without a parent. */
export type Parents = readonly string[] | null;

async function perParent<R extends { $parent: string | null }>(
  db: Queryable,
  parents: Parents,
  inner: (parent: Sql | null) => Sql,
): Promise<R[][]> {
  if (parents === null) return [await db.query<R>(sql`select null as "$parent", x.* from (${inner(null)}) x`)];
  const distinct = [...new Set(parents)];
  const rows = await db.query<R>(
    sql`select p.id as "$parent", x.* from unnest(${distinct}::uuid[]) as p(id) cross join lateral (${inner(sql`p.id`)}) x`,
  );
  const byParent = Map.groupBy(rows, (row) => row.$parent);
  return parents.map((parent) => byParent.get(parent) ?? []);
}

/** How many rows the list has, counted no further than `upTo`. */
export async function countUpTo(db: Queryable, viewer: Viewer, spec: ListSpec, upTo: number, parents: Parents): Promise<BoundedCount[]> {
  const groups = await perParent<{ $parent: string | null; count: bigint }>(
    db,
    parents,
    (parent) =>
      sql`select count(*) as count from (select from ${tableOf(spec.entity.name)} t where ${listCondition(viewer, spec, 't', parent)} limit ${raw(String(upTo + 1))}) c`,
  );
  return groups.map((rows) => {
    const count = Number(rows[0]?.count ?? 0);
    return { value: Math.min(count, upTo), isExact: count <= upTo };
  });
}

/** Sums of a money column by currency, in the order of the currencies. */
export async function sumMoney(
  db: Queryable,
  viewer: Viewer,
  spec: ListSpec,
  columns: { amount: string; currency: string },
  currency: string | null,
  parents: Parents,
): Promise<CurrencySum[][]> {
  const c = columnsOfAlias(spec.entity.name, 't');
  return perParent(
    db,
    parents,
    (parent) => sql`select ${c(columns.currency)} as currency, sum(${c(columns.amount)})::text as amount from ${tableOf(spec.entity.name)} t
      where ${listCondition(viewer, spec, 't', parent)} and ${c(columns.amount)} is not null${currency ? sql` and ${c(columns.currency)} = ${currency}` : sql``}
      group by 1 order by 1`,
  ) as unknown as Promise<CurrencySum[][]>;
}
