// Query.events and the fields of an event.
import { hasPermission } from '../../../src/auth/permissions.ts';
import { columnsOf, type ModelMap, models } from '../../../src/db/models.ts';
import { formatDecimal } from '../../../src/graphql/scalars.ts';
import { decodeTypeId, encodeTypeId } from '../../../src/lib/typeid.ts';
import { allEntities, type Entity, entityNamed } from '../../../src/query/entity.ts';
import { idOfRow } from './entity-fields.ts';
import { bounded, type Connection, direction, oneReadable } from './list.ts';
import { fieldShowing, isVisible, leavesOut, mayRead, type Oracle } from './policy.ts';
import { demand, refuse } from './refuse.ts';
import type { Row } from './tables.ts';

type Values = Record<string, unknown>;
type EventsArgs = {
  first?: number | null;
  after?: string | null;
  types?: string[] | null;
  subjectId?: string | null;
  changed?: string[] | null;
  notOrigins?: string[] | null;
};

export const cursorOfSeq = (seq: unknown) => Buffer.from(`event:${seq}`).toString('base64url');

export function eventsOf(oracle: Oracle, args: EventsArgs): Connection {
  const { viewer, tables } = oracle;
  demand(hasPermission(viewer.role, 'events:read'), 'FORBIDDEN');
  const { limit } = direction({ first: args.first ?? null });
  const subject = args.subjectId == null ? null : subjectOf(args.subjectId);
  demand((args.types?.length ?? 0) <= 50, 'BAD_USER_INPUT');
  for (const name of args.changed ?? []) demandKnown(oracle, name);
  const after = args.after == null ? null : seqOf(args.after);
  demand(after === null || tables.rows('Event').some(({ seq }) => (seq as bigint) >= after) || after === 0n, 'CURSOR_AHEAD');
  const matching = () =>
    tables
      .rows('Event')
      .filter((event) => event.workspaceId === viewer.workspaceId && (!args.types || args.types.includes(event.type as string)))
      .filter((event) => !subject || event[subject.entity === 'Customer' ? 'customerId' : 'subjectId'] === subject.uuid)
      .filter((event) => !args.notOrigins || event.origin === null || !args.notOrigins.includes(event.origin as string))
      .filter((event) => isSeen(oracle, event))
      .filter((event) => !args.changed || changedOf(oracle, event).some((name) => args.changed!.includes(name)))
      .sort((a, b) => Number((a.seq as bigint) - (b.seq as bigint)));
  return {
    page() {
      const rows = matching().filter((event) => (event.seq as bigint) > (after ?? 0n));
      const kept = rows.slice(0, limit);
      return {
        rows: kept,
        cursors: kept.map((event) => cursorOfSeq(event.seq)),
        hasNextPage: rows.length > limit,
        hasPreviousPage: after !== null,
      };
    },
    count: (upTo) => bounded(matching().length, upTo),
  };
}

function subjectOf(id: string): { entity: string; uuid: string } {
  const parts = decodeTypeId(id);
  const entity = allEntities().find(({ prefix }) => prefix === parts?.prefix);
  return parts && entity ? { entity: entity.name, uuid: parts.uuid } : refuse('ID_INVALID');
}

function seqOf(cursor: string): bigint {
  const [, digits] = /^event:(0|[1-9]\d{0,18})$/.exec(Buffer.from(cursor, 'base64url').toString('latin1')) ?? [];
  return digits !== undefined && BigInt(digits) < 2n ** 63n && cursorOfSeq(digits) === cursor ? BigInt(digits) : refuse('CURSOR_INVALID');
}

function entityOf(event: Row): Entity | null {
  return allEntities().find(({ name }) => name === event.subjectType) ?? null;
}

// What is gone is told to those from whom nothing of its kind is kept.
function isSeen(oracle: Oracle, event: Row): boolean {
  const entity = entityOf(event);
  if (!entity || !mayRead(oracle.viewer, entity)) return false;
  if (!leavesOut(oracle.viewer, entity)) return true;
  const row = oracle.tables.byId(entity.name, oracle.viewer.workspaceId, event.subjectId);
  return row !== undefined && isVisible(oracle, entity, row);
}

export function eventField(oracle: Oracle, event: Row, field: string): unknown {
  const entity = entityOf(event);
  const subjectId = event.subjectId as string;
  switch (field) {
    case 'id':
      return encodeTypeId('event', event.id);
    case 'cursor':
      return cursorOfSeq(event.seq);
    case 'subjectId':
      return entity ? idOfRow(entity.name, subjectId) : subjectId;
    case 'subject':
      return entity ? oneReadable(oracle, entity.name, subjectId) : null;
    case 'customerId':
      return event.customerId === null || hidesCustomer(oracle, entity) ? null : idOfRow('Customer', event.customerId as string);
    case 'actor':
      return { kind: event.actorKind, id: event.actorId };
    case 'changed':
      return changedOf(oracle, event);
    case 'data':
      return entity ? dataOf(oracle, entity, event) : {};
    default:
      return event[field];
  }
}

/** What events tell of records besides their subject's columns. */
const elsewhere: Record<string, string[]> = {
  'Customer.reason': ['LifecycleTransition.reason'],
  'Customer.transitions': ['Customer.transitions', 'LifecycleTransition.occurredAt', 'LifecycleTransition.to'],
  'Opportunity.reason': ['OpportunityTransition.reason'],
  'Opportunity.contact': ['Opportunity.contacts', 'OpportunityContact.customer'],
  'Opportunity.role': ['Opportunity.contacts', 'OpportunityContact.role'],
  'Opportunity.competitor': ['Opportunity.competitors', 'OpportunityCompetitor.competitor'],
  'Team.userId': ['Team.members', 'User.teams'],
};
/** Columns whose events tell nothing of them. */
const written = ['rule', 'condition', 'settings', 'secret', 'previousSecret'];

/** Refuses a name that no event can tell the viewer as changed. */
function demandKnown(oracle: Oracle, name: string): void {
  const has = ({ name: entity }: Entity) => {
    const model: ModelMap = models[entity];
    return Object.hasOwn(model.columns, name) || Object.hasOwn(model.relations, name) || `${entity}.${name}` in elsewhere;
  };
  const having = written.includes(name) ? [] : allEntities().filter((entity) => mayRead(oracle.viewer, entity) && has(entity));
  demand(having.length > 0, 'BAD_USER_INPUT');
  demand(
    having.some((entity) => !isHiddenPart(oracle, entity, name)),
    'FORBIDDEN',
  );
}

/** Names of the changed fields that the viewer is told. */
function changedOf(oracle: Oracle, event: Row): string[] {
  const entity = entityOf(event);
  if (!entity) return [];
  const of = identityOr(oracle, entity, event);
  const { before, after } = event.data as { before?: Values | null; after?: Values | null };
  const names = [...new Set([...Object.keys(after ?? {}), ...Object.keys(before ?? {})])];
  return of ? names.filter((name) => !written.includes(name) && !isHiddenPart(oracle, of, name)) : [];
}

/** What the fields of an event are of; null where the role hides whose identity it is. */
function identityOr(oracle: Oracle, entity: Entity, event: Row): Entity | null {
  if (!(event.type as string).startsWith('identity.')) return entity;
  const { hiddenFields } = oracle.viewer.role;
  return hiddenFields.has(`${entity.name}.identities`) || hiddenFields.has('Identity.customer') ? null : entityNamed('Identity');
}

function isHiddenPart({ viewer }: Oracle, entity: Entity, part: string): boolean {
  const shownBy = elsewhere[`${entity.name}.${part}`] ?? [`${entity.name}.${fieldShowing(entity, part)}`];
  return shownBy.some((field) => viewer.role.hiddenFields.has(field));
}

function hidesCustomer(oracle: Oracle, entity: Entity | null): boolean {
  if (!entity) return false;
  const columns = columnsOf(entity.name).map(({ name }) => name);
  return ['customerId', 'fromId'].some((column) => columns.includes(column) && isHiddenPart(oracle, entity, column));
}

function dataOf(oracle: Oracle, entity: Entity, event: Row): Values {
  const of = identityOr(oracle, entity, event);
  if (!of) return {};
  const parts = Object.entries(event.data as Values).filter(([part]) => !isHiddenPart(oracle, entity, part));
  return Object.fromEntries(
    parts.map(([part, values]) => [part, values && typeof values === 'object' ? valuesOf(oracle, of, values as Values) : values]),
  );
}

function valuesOf(oracle: Oracle, entity: Entity, values: Values): Values {
  const shown = Object.entries(values).filter(([name]) => !isHiddenPart(oracle, entity, name) && !written.includes(name));
  return Object.fromEntries(
    shown.map(([name, value]) => {
      if (entity.name !== 'Customer' || name !== 'identities' || !Array.isArray(value)) return [name, presentOf(entity, name, value)];
      return [name, value.map((identity) => valuesOf(oracle, entityNamed('Identity'), identity))];
    }),
  );
}

function presentOf(entity: Entity, name: string, value: unknown): unknown {
  const model: ModelMap = models[entity.name];
  const type = model.columns[name]?.type;
  if (typeof value !== 'string') return value;
  if (type === 'numeric') return formatDecimal(value);
  const relation = Object.values(model.relations).find((one) => one.owning && one.fields.includes(name));
  return type === 'uuid' && relation ? idOfRow(relation.model, value) : value;
}
