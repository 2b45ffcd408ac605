// What the parts of the rule language agree on.
import type { Sql } from 'sql-template-tag';
import type { JsonObject } from '../../db/models.ts';

/** A rule as it is stored: the tree of the API's `SegmentRuleInput`, checked, with UUIDs in place of keys and TypeIDs. */
export type StoredRule = JsonObject;

/** What a rule can look at; each family is changed by its own events. */
export type FactFamily = 'customer' | 'identity' | 'knowledge' | 'relationship' | 'stage' | 'interaction' | 'opportunity' | 'segment';

/** What may change the outcome of a rule. Every rule also depends on customers being made, archived and restored. */
export type RuleDependencies = {
  families: ReadonlySet<FactFamily>;
  /** Interaction kinds it counts; null: of any kind. */
  interactionKinds: ReadonlySet<string> | null;
  /** Segments whose members it asks for. */
  segments: ReadonlySet<string>;
  /** Over how many relationships in a row it looks: what happens to a customer that far away matters too. */
  hops: number;
};

/** Where a rule is compiled. */
export type RuleScope = {
  /** Alias of the row of `customers` that is judged. */
  customer: string;
  workspaceId: string;
  /** The moment that counts as now. */
  now: Date;
  /** Predicate on an expression that is a customer's id; null where all customers of the workspace are judged. */
  among: ((id: Sql) => Sql) | null;
  /** Begins the aliases of its joins, so that several rules stand side by side in one statement. */
  prefix: string;
};

/** A rule as SQL over `from customers <alias> <joins>`. */
export type CompiledRule = {
  /** `left join … on …`, one row for each customer at the most. */
  joins: Sql[];
  /** Whether it holds: true or false, never null. */
  holds: Sql;
  /** The next moment after `now` at which it may turn without anything happening; null where there is none. */
  due: Sql | null;
  /** Since when it holds, as far as its facts tell (the moment of the third order for "three orders"); null SQL value where they do not. */
  since: Sql;
};
