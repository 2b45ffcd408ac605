// Whether conditions on custom attributes name attributes that there are, and compare what fits their types.
import sql from 'sql-template-tag';
import type { CommandContext } from '../../commands/command.ts';
import { type UserError, userError } from '../../commands/user-errors.ts';
import type { AttributeEntity, AttributeType, JsonObject, JsonValue } from '../../db/models.ts';
import { isDay, scalars } from '../../graphql/scalars.ts';
import { childrenOf } from './shape.ts';

type Definition = { entity: AttributeEntity; key: string; type: AttributeType; options: string[] };
type Condition = { entity: AttributeEntity; condition: JsonObject; path: string[] };

/** Type -> the group of conditions that fits it. */
const GROUPS: Record<AttributeType, string> = {
  TEXT: 'text',
  SELECT: 'text',
  NUMBER: 'number',
  BOOLEAN: 'boolean',
  DATE: 'date',
  DATE_TIME: 'date',
  MULTI_SELECT: 'has',
};
const RELATIVE = ['withinLast', 'olderThan', 'withinNext'];

/** What is wrong with the attribute conditions of a rule; days and moments in it get the form in which values are kept. */
export async function checkAttributes(ctx: CommandContext, rule: JsonObject, path: string[]): Promise<UserError[]> {
  const conditions = conditionsOf(rule, path);
  if (conditions.length === 0) return [];
  const keys = conditions.map(({ condition }) => condition.key as string);
  const rows = await ctx.tx.query<Definition>(sql`select entity::text as entity, key, type::text as type, options from attribute_definitions
    where workspace_id = ${ctx.workspaceId}::uuid and archived_at is null and key = any(${keys}::text[])`);
  const known = new Map(rows.map((row) => [`${row.entity} ${row.key}`, row]));
  return conditions.flatMap((one) => faultsOf(one, known.get(`${one.entity} ${one.condition.key}`)));
}

function conditionsOf(rule: JsonObject, path: string[]): Condition[] {
  const own: Condition[] = rule.attribute
    ? [{ entity: 'CUSTOMER', condition: rule.attribute as JsonObject, path: [...path, 'attribute'] }]
    : [];
  const where = (rule.interactions as JsonObject | undefined)?.where as JsonObject | undefined;
  const ofInteractions = ((where?.attributes ?? []) as JsonObject[]).map(
    (condition, index): Condition => ({
      entity: 'INTERACTION',
      condition,
      path: [...path, 'interactions', 'where', 'attributes', String(index)],
    }),
  );
  const inner = childrenOf(rule).flatMap((child) => conditionsOf(child.rule as JsonObject, [...path, ...child.path]));
  return [...own, ...ofInteractions, ...inner];
}

function faultsOf({ entity, condition, path }: Condition, definition: Definition | undefined): UserError[] {
  if (!definition) {
    const whose = entity === 'CUSTOMER' ? 'customers' : 'interactions';
    return [userError('RULE_FIELD_UNKNOWN', `There is no attribute "${condition.key}" of ${whose}.`, [...path, 'key'])];
  }
  const fitting = GROUPS[definition.type];
  const groups = Object.keys(condition).filter((name) => name !== 'key' && name !== 'isNull');
  const wrong = groups.find((name) => name !== fitting);
  if (wrong) {
    const message = `"${definition.key}" is of type ${definition.type}: it takes ${fitting}, not ${wrong}.`;
    return [userError('RULE_TYPE', message, [...path, wrong])];
  }
  if (fitting === 'date' && condition.date) return dateFaults(condition.date as JsonObject, entity, [...path, 'date']);
  return optionFaults(condition, definition, path);
}

function optionFaults(condition: JsonObject, { type, options }: Definition, path: string[]): UserError[] {
  if (type !== 'SELECT' && type !== 'MULTI_SELECT') return [];
  const operand = (condition.text ?? {}) as JsonObject;
  const compared: [JsonValue | undefined, string[]][] = [
    [condition.has, ['has']],
    ...['eq', 'ne', 'in', 'notIn'].map((name): [JsonValue | undefined, string[]] => [operand[name], ['text', name]]),
  ];
  return compared.flatMap(([value, at]) =>
    [value ?? []].flat().flatMap((one, index) => {
      if (options.includes(one as string)) return [];
      const place = Array.isArray(value) ? [...path, ...at, String(index)] : [...path, ...at];
      return [userError('ATTRIBUTE_OPTION', `"${String(one).slice(0, 60)}" is none of the options of the attribute.`, place)];
    }),
  );
}

function dateFaults(operand: JsonObject, entity: AttributeEntity, path: string[]): UserError[] {
  return Object.entries(operand).flatMap(([name, value]) => {
    if (RELATIVE.includes(name)) {
      // When it turns depends on each fact; the period of the aggregate says that.
      return entity === 'CUSTOMER' ? [] : [userError('RULE_TYPE', 'Use the period of the condition: from, to or within.', [...path, name])];
    }
    const kept = keptMoment(String(value));
    if (kept === null)
      return [userError('RULE_TYPE', 'Not a day such as 2026-01-31 or a moment such as 2026-01-31T09:30:00Z.', [...path, name])];
    operand[name] = kept;
    return [];
  });
}

function keptMoment(written: string): string | null {
  if (isDay(written)) return written;
  try {
    return (scalars.DateTime.parseValue(written) as Date).toISOString();
  } catch {
    return null;
  }
}
