// From a rule as somebody wrote it to the one that is stored: checked against the workspace, ids in place of keys.
import sql from 'sql-template-tag';
import type { CommandContext } from '../../commands/command.ts';
import { type UserError, UserErrors, userError } from '../../commands/user-errors.ts';
import type { JsonObject, JsonValue } from '../../db/models.ts';
import { checkAttributes } from './attribute-check.ts';
import { conditionFaults } from './condition-check.ts';
import { hasKey, lookUp, mapReferences, type Reference, referencesOf, storedValue } from './references.ts';
import type { RuleInput } from './rule-input.ts';
import { childrenOf, shapeFault } from './shape.ts';
import type { StoredRule } from './types.ts';
import { requireRuleVisible } from './visible.ts';

/** Checks a rule and answers it as it is stored. Throws UserErrors with the path of every fault, from `path` down, and FORBIDDEN where the role hides what it asks for. */
export async function resolveRule(ctx: CommandContext, written: RuleInput, path: string[]): Promise<StoredRule> {
  const found = shapeFault(written);
  if (found) throw new UserErrors([userError(found.code, found.message, [...path, ...found.path])]);
  const rule = plain(written) as JsonObject;
  const faults: UserError[] = [];
  everyRule(rule, path, (node, at) => faults.push(...conditionFaults(node, at)));
  if (faults.length > 0) throw new UserErrors(faults);
  const attributeFaults = await checkAttributes(ctx, rule, path);
  const resolved = await resolveReferences(ctx, rule, path, attributeFaults);
  requireRuleVisible(ctx.viewer, resolved);
  return withCurrency(ctx, resolved);
}

async function resolveReferences(ctx: CommandContext, rule: JsonObject, path: string[], faults: UserError[]): Promise<JsonObject> {
  const known = await lookUp(ctx.tx, ctx.workspaceId, referencesOf(rule), 'key');
  const stored = new Map(
    known.filter(({ archived }) => !archived).map((row) => [`${row.target} ${hasKey(row.target) ? row.key : row.id}`, storedValue(row)]),
  );
  const resolved = mapReferences(
    rule,
    path,
    (reference) => stored.get(`${reference.target} ${reference.value}`) ?? missing(faults, reference),
  );
  if (faults.length > 0) throw new UserErrors(faults);
  return resolved;
}

function missing(faults: UserError[], { target, value, path }: Reference): string {
  faults.push(userError('NOT_FOUND', `There is no such ${target}.`, path));
  return value;
}

/** Calls `visit` for a rule and all rules inside it, from the top. */
function everyRule(rule: JsonObject, path: string[], visit: (rule: JsonObject, path: string[]) => void): void {
  visit(rule, path);
  for (const child of childrenOf(rule)) everyRule(child.rule as JsonObject, [...path, ...child.path], visit);
}

/** JSON without what is not given; moments as texts. */
function plain(value: unknown): JsonValue {
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value as JsonValue;
  const given = Object.entries(value).filter(([, part]) => part != null);
  return Object.fromEntries(given.map(([name, part]) => [name, plain(part)]));
}

// Amounts of interactions stand in their own currencies; a sum over several would mean nothing.
async function withCurrency(ctx: CommandContext, rule: JsonObject): Promise<JsonObject> {
  const lacking: JsonObject[] = [];
  everyRule(rule, [], ({ interactions }) => {
    if (!isObject(interactions)) return;
    for (const part of [interactions.sum, interactions.average, isObject(interactions.where) ? interactions.where.value : null])
      if (isObject(part) && part.of !== 'DURATION' && part.currency == null) lacking.push(part);
  });
  if (lacking.length === 0) return rule;
  const [workspace] = await ctx.tx.query<{ currency: string }>(sql`select currency from workspaces where id = ${ctx.workspaceId}::uuid`);
  for (const part of lacking) part.currency = workspace!.currency;
  return rule;
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
