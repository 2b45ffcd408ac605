// The rule language said a second time, in plain JavaScript over rows: slow, simple, and knowing nothing of the SQL.
import type { JsonObject, JsonValue } from '../../../db/models.ts';
import { interactionsFit, opportunitiesFit } from './naive-facts.ts';
import { attribute, birthFits, every, idFits, type Moment, momentFits, type Row, textFits } from './naive-operands.ts';
import type { World } from './world.ts';

type Judge = Moment & { world: World };

/** Whether a rule holds for a customer at a moment, if the facts stay as they are. */
export function holdsNaively(world: World, rule: JsonObject, customerId: string, now: Date): boolean {
  return judge({ world, now: now.getTime() }, rule, customerId);
}

function judge(j: Judge, rule: JsonObject, id: string): boolean {
  const customer = j.world.customers.get(id)!;
  const [branch, value] = Object.entries(rule)[0]!;
  const given = value as JsonObject;
  const of = (table: Map<string, Row[]>): Row[] => table.get(id) ?? [];
  switch (branch) {
    case 'all':
      return (value as JsonObject[]).every((child) => judge(j, child, id));
    case 'any':
      return (value as JsonObject[]).some((child) => judge(j, child, id));
    case 'not':
      return !judge(j, given, id);
    case 'field':
      return field(j, given, customer);
    case 'attribute':
      return attribute(j, given, customer.attributes);
    case 'identity':
      return of(j.world.identities).some((row) => identityFits(row, given)) !== (given.none === true);
    case 'preference':
      return of(j.world.preferences).some((row) => knowledgeFits(row, given)) !== (given.none === true);
    case 'need':
      return of(j.world.needs).some((row) => knowledgeFits(row, given)) !== (given.none === true);
    case 'stage':
      return idFits(customer.stage_id, given) && (given.since == null || momentFits(j, given.since as JsonObject, customer.stage_since));
    case 'segment': {
      const wanted = (given.in ?? given.notIn) as string[];
      const member = of(j.world.memberships).some((row) => wanted.includes(row.segment_id as string));
      return given.in ? member : !member;
    }
    case 'relationship':
      return tiesFit(j, given, id);
    case 'interactions':
      return interactionsFit(j, given, of(j.world.interactions));
    case 'opportunities':
      return opportunitiesFit(j, given, of(j.world.opportunities));
    default:
      throw new Error(`no rule ${branch}`);
  }
}

const COLUMNS: Record<string, string> = {
  kind: 'kind',
  displayName: 'display_name',
  gender: 'gender',
  language: 'language',
  country: 'country',
  city: 'city',
  health: 'health',
  owner: 'owner_id',
  team: 'team_id',
  tags: 'tags',
  partyRoles: 'party_roles',
  createdAt: 'created_at',
  updatedAt: 'updated_at',
  birthDate: 'birth_date',
};

function field(j: Judge, given: JsonObject, customer: Row): boolean {
  const [name, operand] = Object.entries(given)[0] as [string, JsonObject];
  const value = customer[COLUMNS[name]!];
  if (name === 'createdAt' || name === 'updatedAt') return momentFits(j, operand, value);
  if (name === 'birthDate') return birthFits(j, operand, value as string | null);
  if (name === 'owner' || name === 'team') return idFits(value, operand);
  if (name === 'tags' || name === 'partyRoles') {
    const words = value as string[];
    return every(operand, {
      has: (one) => words.includes(one as string),
      hasAny: (some) => (some as string[]).some((one) => words.includes(one)),
      hasAll: (all) => (all as string[]).every((one) => words.includes(one)),
      isEmpty: (empty) => (words.length === 0) === empty,
    });
  }
  return textFits(operand, value as string | null);
}

function identityFits(row: Row, { kind, system, verified, value }: JsonObject): boolean {
  const text = (row.value as string).toLowerCase();
  const { eq, startsWith, endsWith } = (value ?? {}) as JsonObject;
  const lower = (bound: JsonValue): string => (bound as string).toLowerCase();
  return (
    (kind == null || row.kind === kind) &&
    (system == null || row.system === system) &&
    (verified == null || row.verified === verified) &&
    (eq == null || text === lower(eq)) &&
    (startsWith == null || text.startsWith(lower(startsWith))) &&
    (endsWith == null || text.endsWith(lower(endsWith)))
  );
}

function knowledgeFits(row: Row, { topic, value, met }: JsonObject): boolean {
  const same = (text: unknown, bound: JsonValue | undefined): boolean =>
    bound == null || (text as string).toLowerCase() === (bound as string).toLowerCase();
  return same(row.topic, topic) && same(row.value, value) && (met == null || (row.met_at != null) === met);
}

function tiesFit(j: Judge, { kind, direction, activeOnly, other }: JsonObject, id: string): boolean {
  const today = new Date(j.now).toISOString().slice(0, 10);
  return j.world.ties.some((tie) => {
    if (kind != null && tie.kind_id !== kind) return false;
    if (activeOnly !== false && tie.until != null && (tie.until as string) < today) return false;
    const ends = [
      ...(direction !== 'TO' && tie.from_id === id ? [tie.to_id] : []),
      ...(direction !== 'FROM' && tie.to_id === id ? [tie.from_id] : []),
    ] as string[];
    return ends.some((end) => j.world.customers.get(end)!.archived_at === null && (other == null || judge(j, other as JsonObject, end)));
  });
}
