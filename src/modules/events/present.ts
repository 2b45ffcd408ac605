// An event as a viewer may see it: hidden fields cut out, ids as the API writes them.

import { isHidden } from '../../auth/permissions.ts';
import type { Viewer } from '../../auth/viewer.ts';
import { changedNames, type EventRow } from '../../events/index.ts';
import { encodeId } from '../../graphql/ids.ts';
import { formatDecimal } from '../../graphql/scalars.ts';
import { allEntities, type Entity, entityNamed } from '../../query/entity.ts';
import { fieldOfColumn } from '../../query/policy.ts';
import { modelOf } from '../../query/sql.ts';

type Values = Record<string, unknown>;

/** The entity of the event's subject, if the code still knows it. */
export function subjectEntity(event: EventRow): Entity | null {
  return allEntities().some((entity) => entity.name === event.subjectType) ? entityNamed(event.subjectType) : null;
}

/** The event's data for this viewer: `{ before, after }` under the property names of the subject. */
export function presentData(viewer: Viewer, event: EventRow): Values {
  const entity = subjectEntity(event);
  if (!entity) return {};
  const of = valuesOf(viewer, entity, event);
  if (!of) return {};
  const told = Object.entries(event.data).filter(([part]) => !hides(viewer, entity, part));
  return Object.fromEntries(
    told.map(([part, values]) => [part, values && typeof values === 'object' ? presentValues(viewer, of, values as Values) : values]),
  );
}

/** The entity whose fields the data are: an identity is told of the customer who has it. Null where the role may not know. */
function valuesOf(viewer: Viewer, entity: Entity, event: EventRow): Entity | null {
  if (!event.type.startsWith('identity.')) return entity;
  return hidesIdentities(viewer) ? null : entityNamed('Identity');
}

/** Whether the role hides who has an identity: then events of identities tell nothing. */
export function hidesIdentities(viewer: Viewer): boolean {
  return isHidden(viewer.role, 'Customer', 'identities') || isHidden(viewer.role, 'Identity', 'customer');
}

/** The names of the fields that the event changed, as `presentData` shows them to this viewer. */
export function changedFields(viewer: Viewer, event: EventRow): string[] {
  const entity = subjectEntity(event);
  const of = entity && valuesOf(viewer, entity, event);
  return of ? changedNames(event.data).filter((name) => shows(viewer, of, name)) : [];
}

/** What events tell of records besides their subject's columns, and the fields that show it. */
export const elsewhere: Record<string, string[]> = {
  'Customer.reason': ['LifecycleTransition.reason'],
  'Customer.transitions': ['Customer.transitions', 'LifecycleTransition.occurredAt', 'LifecycleTransition.to'],
  'Opportunity.reason': ['OpportunityTransition.reason'],
  'Opportunity.contact': ['Opportunity.contacts', 'OpportunityContact.customer'],
  'Opportunity.role': ['Opportunity.contacts', 'OpportunityContact.role'],
  'Opportunity.competitor': ['Opportunity.competitors', 'OpportunityCompetitor.competitor'],
  'Team.userId': ['Team.members', 'User.teams'],
};

export function hides(viewer: Viewer, entity: Entity, name: string): boolean {
  const { hiddenFields } = viewer.role;
  const shownBy = elsewhere[`${entity.name}.${name}`] ?? [`${entity.name}.${fieldOfColumn(entity, name)}`];
  return shownBy.some((field) => hiddenFields.has(field));
}

/** What is never told from the log: rules as they are stored, with ids of the database (their subject tells them as they were written), and secrets. */
export const stored = new Set(['rule', 'condition', 'settings', 'secret', 'previousSecret']);

function shows(viewer: Viewer, entity: Entity, name: string): boolean {
  return !stored.has(name) && !hides(viewer, entity, name);
}

function presentValues(viewer: Viewer, entity: Entity, values: Values): Values {
  const visible = Object.entries(values).filter(([name]) => shows(viewer, entity, name));
  return Object.fromEntries(visible.map(([name, value]) => [name, presentPart(viewer, entity, name, value)]));
}

function presentPart(viewer: Viewer, entity: Entity, name: string, value: unknown): unknown {
  if (entity.name !== 'Customer' || name !== 'identities' || !Array.isArray(value)) return presentValue(entity, name, value);
  return value.map((one) => presentValues(viewer, entityNamed('Identity'), one as Values));
}

/** Whether the role hides which customer the subject belongs to. */
export function hidesCustomer(viewer: Viewer, event: EventRow): boolean {
  const entity = subjectEntity(event);
  const columns = entity ? modelOf(entity.name).columns : {};
  return entity !== null && ['customerId', 'fromId'].some((name) => name in columns && hides(viewer, entity, name));
}

function presentValue(entity: Entity, name: string, value: unknown): unknown {
  if (typeof value !== 'string') return value;
  const model = modelOf(entity.name);
  const column = model.columns[name];
  if (column?.type === 'numeric') return formatDecimal(value);
  if (column?.type !== 'uuid') return value;
  const relation = Object.values(model.relations).find((one) => one.owning && one.fields.includes(name));
  return relation ? encodeId(relation.model, value) : value;
}
