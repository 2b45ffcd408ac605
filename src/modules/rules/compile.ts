// From a stored rule to SQL over `from customers <alias> <joins>`.
import sql, { join, type Sql } from 'sql-template-tag';
import type { JsonObject } from '../../db/models.ts';
import { compileAggregate } from './compile-aggregate.ts';
import { compileIdentity, compileNeed, compilePreference, compileSegment } from './compile-belongings.ts';
import { compileAttribute, compileField, compileStage } from './compile-customer.ts';
import { compileRelationship } from './compile-relationship.ts';
import { joinsOf, leastOf, openScope, type Part, type Scope, type Seen } from './scope.ts';
import { aggregateSources } from './sources.ts';
import type { CompiledRule, RuleScope, StoredRule } from './types.ts';

/** Compiles a rule. The alias of the judged customer must have more than one letter or be `c`. */
export function compileRule(rule: StoredRule, given: RuleScope): CompiledRule {
  const scope = openScope(given);
  const { holds, dues, since } = compileNode(scope, rule);
  return { joins: joinsOf(scope), holds, due: leastOf(dues), since: since ?? sql`null::timestamptz` };
}

type Place = { path: string[]; depth: number };

/** Compiles a rule and everything inside it, telling the scope what it sees. */
export function compileNode(scope: Scope, rule: JsonObject, place: Place = { path: [], depth: 0 }): Part {
  const seen: Seen = { ...place, rule, part: null };
  scope.seen?.push(seen);
  const [branch, given] = Object.entries(rule)[0]!;
  const below = (child: unknown, ...names: string[]): Part =>
    compileNode(scope, child as JsonObject, { path: [...place.path, ...names], depth: place.depth + 1 });
  const all = (): Part[] => (given as JsonObject[]).map((child, index) => below(child, branch, String(index)));
  seen.part =
    branch === 'all'
      ? together(all())
      : branch === 'any'
        ? either(all())
        : branch === 'not'
          ? negated(below(given, 'not'))
          : leaf(scope, branch, given as JsonObject);
  return seen.part;
}

const leaves: Record<string, (scope: Scope, given: JsonObject) => Part> = {
  field: compileField,
  attribute: compileAttribute,
  identity: compileIdentity,
  preference: compilePreference,
  need: compileNeed,
  stage: compileStage,
  segment: compileSegment,
  relationship: (scope, given) => compileRelationship(scope, given, compileNode),
};

function leaf(scope: Scope, branch: string, given: JsonObject): Part {
  const source = aggregateSources[branch];
  if (source) return compileAggregate(scope, source, given);
  const compile = leaves[branch];
  if (!compile) throw new Error(`no rule ${branch}`);
  return compile(scope, given);
}

/** How many of the rules inside hold. */
const howMany = (parts: Part[]) => (): Sql =>
  sql`to_jsonb(${join(
    parts.map(({ holds }) => sql`(${holds})::int`),
    ' + ',
  )})`;

function together(parts: Part[]): Part {
  const moments = parts.map(({ since }) => since).filter((since) => since !== null);
  return {
    holds: sql`(${join(
      parts.map(({ holds }) => holds),
      ' and ',
    )})`,
    dues: duesWhere(parts, (holds) => sql`(${join(holds, ' and ')})`),
    since: moments.length === 0 ? null : sql`greatest(${join(moments, ', ')})`,
    value: howMany(parts),
  };
}

function either(parts: Part[]): Part {
  const moments = parts.flatMap(({ holds, since }) => (since ? [sql`case when ${holds} then ${since} end`] : []));
  return {
    holds: sql`(${join(
      parts.map(({ holds }) => holds),
      ' or ',
    )})`,
    dues: duesWhere(parts, (holds) => sql`not (${join(holds, ' or ')})`),
    since: moments.length === 0 ? null : sql`least(${join(moments, ', ')})`,
    value: howMany(parts),
  };
}

// Where the parts that no time changes have decided already, the others may turn as they like.
function duesWhere(parts: Part[], undecided: (holds: Sql[]) => Sql): Sql[] {
  const due = leastOf(parts.flatMap(({ dues }) => dues));
  const timeless = parts.filter(({ dues }) => dues.length === 0).map(({ holds }) => holds);
  if (due === null || timeless.length === 0) return due === null ? [] : [due];
  return [sql`case when ${undecided(timeless)} then ${due} end`];
}

function negated(part: Part): Part {
  return { holds: sql`(not ${part.holds})`, dues: part.dues, since: null, value: () => sql`to_jsonb(${part.holds})` };
}
