// Why a rule holds for a customer or does not: every part of it, judged in one statement.
import sql, { join } from 'sql-template-tag';
import type { Queryable } from '../../db/database.ts';
import type { JsonObject, JsonValue } from '../../db/models.ts';
import { compileNode } from './compile.ts';
import { lookUp, referencesOf } from './references.ts';
import { joinsOf, openScope, type Seen } from './scope.ts';
import { sentenceOf } from './sentence.ts';
import type { StoredRule } from './types.ts';

export type RuleNode = {
  /** Where it stands in the rule: `all.0.not`; the rule itself: empty. */
  path: string;
  /** How many rules it stands in. */
  depth: number;
  /** Name of its branch: all, any, not, field, interactions … */
  kind: string;
  /** What it asks, in English. */
  text: string;
  holds: boolean;
  /** What decided: the count, sum, moment or attribute; of a group, how many parts hold. */
  value: JsonValue;
};

export type RuleExplanation = { holds: boolean; nodes: RuleNode[] };

/** Judges a rule and all rules in it for one customer; those inside a relationship are told as one. Null where there is no such customer. */
export async function explainRule(
  db: Queryable,
  workspaceId: string,
  rule: StoredRule,
  customerId: string,
  now: Date,
): Promise<RuleExplanation | null> {
  const seen: Seen[] = [];
  const scope = openScope({ customer: 'c', workspaceId, now, among: (id) => sql`${id} = ${customerId}::uuid`, prefix: '' }, seen);
  compileNode(scope, rule);
  const judged = seen.map(({ part }) => sql`jsonb_build_object('holds', ${part!.holds}, 'value', ${part!.value()})`);
  // Parts ask for their values before the joins are written, since what they ask for becomes columns of them.
  const joins = joinsOf(scope);
  const [row] = await db.query<{ parts: { holds: boolean; value: JsonValue }[] }>(sql`
    select array[${join(judged, ', ')}] as parts from customers c ${join([sql``, ...joins], ' ')}
    where c.workspace_id = ${workspaceId}::uuid and c.id = ${customerId}::uuid`);
  if (!row) return null;
  const nameOf = await namesOf(db, workspaceId, rule);
  const nodes = seen.map(
    ({ path, depth, rule: node }, index): RuleNode => ({
      path: path.join('.'),
      depth,
      kind: Object.keys(node)[0]!,
      text: sentenceOf(node, nameOf),
      ...row.parts[index]!,
    }),
  );
  return { holds: nodes[0]!.holds, nodes };
}

async function namesOf(db: Queryable, workspaceId: string, rule: JsonObject): Promise<(value: string) => string> {
  const known = await lookUp(db, workspaceId, referencesOf(rule), 'id');
  const names = new Map(known.flatMap(({ id, key, name }) => [[id, name] as const, ...(key ? [[key, name] as const] : [])]));
  return (value) => names.get(value) ?? value;
}
