// What compiling a rule gathers: one join for each set of facts it looks at, with the columns that its conditions read.
import sql, { join, raw, type Sql } from 'sql-template-tag';
import type { JsonObject } from '../../db/models.ts';
import type { RuleScope } from './types.ts';

/** Rows that belong to customers: `select <customer>, … from <from> where <where> group by 1`. */
export type Facts = { from: Sql; customer: Sql; where: Sql };

/** A part of a rule as SQL. */
export type Part = {
  /** Never null. */
  holds: Sql;
  /** Moments after now at which it may turn, each null where there is none. */
  dues: Sql[];
  /** Since when it holds; null where its facts do not tell. */
  since: Sql | null;
  /** What decided, as jsonb; asked for by explanations only. */
  value: () => Sql;
};

/** A rule that an explanation shows. */
export type Seen = { path: string[]; depth: number; rule: JsonObject; part: Part | null };

type Join = { alias: string; facts: Facts; columns: Map<string, { name: string; of: Sql }> };

export type Scope = RuleScope & {
  gathered: Map<string, Join>;
  /** Where an explanation wants every rule inside. */
  seen: Seen[] | null;
};

export function openScope(scope: RuleScope, seen: Seen[] | null = null): Scope {
  return { ...scope, gathered: new Map(), seen };
}

export const textOfSql = (part: Sql): string => `${part.text} ${JSON.stringify(part.values)}`;

/** An aggregate over facts of the judged customer; null where there are none. Equal facts are read once. */
export function factColumn(scope: Scope, facts: Facts, column: Sql): Sql {
  const id = [facts.from, facts.customer, facts.where].map(textOfSql).join(' | ');
  const known: Join = scope.gathered.get(id) ?? { alias: `${scope.prefix}f${scope.gathered.size}`, facts, columns: new Map() };
  scope.gathered.set(id, known);
  const columnId = textOfSql(column);
  const { name } = known.columns.get(columnId) ?? { name: `v${known.columns.size}` };
  known.columns.set(columnId, { name, of: column });
  return raw(`${known.alias}.${name}`);
}

/** The joins of everything that was asked for. PostgreSQL leaves out the columns that a statement does not use. */
export function joinsOf(scope: Scope): Sql[] {
  return [...scope.gathered.values()].map(({ alias, facts, columns }) => {
    const read = [...columns.values()].map(({ name, of }) => sql`${of} as ${raw(name)}`);
    const among = scope.among ? sql` and ${scope.among(facts.customer)}` : sql``;
    return sql`left join (select ${join([sql`${facts.customer} as customer_id`, ...read], ', ')} from ${facts.from}
      where ${facts.where}${among} group by 1) ${raw(alias)} on ${raw(`${alias}.customer_id = ${scope.customer}.id`)}`;
  });
}

/** The moment that counts as now. */
export const nowSql = ({ now }: RuleScope): Sql => sql`${now.toISOString()}::timestamptz`;

/** The day that counts as today, in UTC. */
export const todaySql = ({ now }: RuleScope): Sql => sql`${now.toISOString().slice(0, 10)}::date`;

export const workspaceSql = ({ workspaceId }: RuleScope): Sql => sql`${workspaceId}::uuid`;

/** `true` or `false` in place of null. */
export const certain = (condition: Sql): Sql => sql`coalesce(${condition}, false)`;

/** The first of several moments, each of which may be null. */
export function leastOf(moments: Sql[]): Sql | null {
  const different = [...new Map(moments.map((moment) => [textOfSql(moment), moment])).values()];
  if (different.length === 0) return null;
  return different.length === 1 ? different[0]! : sql`least(${join(different, ', ')})`;
}
