// One function that answers every field of the schema: root fields first, then those of types with a meaning of their own, then
// entities, then plain properties.
import { isHidden } from '../../../src/auth/permissions.ts';
import { decodeTypeId, encodeTypeId } from '../../../src/lib/typeid.ts';
import { allEntities, type Entity, entityNamed } from '../../../src/query/entity.ts';
import { descendants } from './descendants.ts';
import { entityField } from './entity-fields.ts';
import { cursorOfSeq, eventField, eventsOf } from './events.ts';
import { type Figures, figure, figuresOf } from './figures.ts';
import { idOf } from './filter.ts';
import { type Connection, listOf, oneOf, oneReadable, type Page } from './list.ts';
import { demandRead, demandShown, hides, type Oracle, seen } from './policy.ts';
import { byName, customerBy, recognise } from './references.ts';
import { demand, refuse } from './refuse.ts';
import { isStalled, membersAt, weightedValue } from './sales.ts';
import type { Row } from './tables.ts';
import { timelineOf } from './timeline.ts';

// biome-ignore lint/suspicious/noExplicitAny: arguments have the shape of their field
type Args = any;

/** The value of any field. */
export function resolveField(oracle: Oracle, type: string, field: string, source: unknown, args: Args): unknown {
  const value = fieldOf(oracle, type, field, source, args);
  oracle.watch?.field(type, field, args);
  return isConnection(value) ? watched(oracle, `${type}.${field}`, args, value) : value;
}

function isConnection(value: unknown): value is Connection {
  return typeof (value as Connection | null)?.page === 'function';
}

function watched({ watch }: Oracle, coordinate: string, args: Args, connection: Connection): Connection {
  const page = () => {
    const read = connection.page();
    if (read.cursors.length > 0) watch?.list(coordinate, args, read.cursors);
    return read;
  };
  return { ...connection, page };
}

function fieldOf(oracle: Oracle, type: string, field: string, source: unknown, args: Args): unknown {
  if (type === 'Query') return rootField(oracle, field, args);
  if (type.endsWith('Connection')) return connectionField(source as Connection, field, args);
  const entity = allEntities().find(({ name }) => name === type);
  if (entity?.added?.includes(field) && isHidden(oracle.viewer.role, type, field))
    return nullable.has(`${type}.${field}`) ? null : refuse('FORBIDDEN');
  const special = specials[`${type}.${field}`] ?? specials[`${type}.*`];
  if (special) return special(oracle, source as Row, args, field);
  return entity ? entityField(oracle, entity, source as Row, field, args) : (source as Record<string, unknown>)[field];
}

/** Fields that modules add and that may be null. */
const nullable = new Set([
  ...['Interaction.actor', 'OpportunityTransition.actor', 'Opportunity.lead', 'Opportunity.rule'],
  ...['Opportunity.weightedValue', 'Opportunity.stalled', 'Interaction.message', 'WebhookDelivery.eventId', 'PluginFailure.status'],
]);

function rootField(oracle: Oracle, field: string, args: Args): unknown {
  const list = allEntities().find(({ plural }) => plural === field);
  if (list) return listOf(oracle, field, list, args, () => true);
  const one = allEntities().find(({ singular }) => singular === field);
  if (one) {
    demandRead(oracle.viewer, one);
    return oneOf(oracle, one.name, idOf(one.name, args.id));
  }
  const root = roots[field];
  if (!root) throw new Error(`the oracle does not know Query.${field}`);
  return root(oracle, args);
}

const roots: Record<string, (oracle: Oracle, args: Args) => unknown> = {
  node: (oracle, { id }) => node(oracle, id),
  nodes(oracle, { ids }) {
    demand(ids.length <= 100, 'BAD_USER_INPUT');
    return ids.map((id: string) => attempt(() => node(oracle, id)));
  },
  customer: (oracle, { by }) => customerBy(oracle, by),
  user: (oracle, { by }) => byName(oracle, 'User', by),
  team: (oracle, { by }) => byName(oracle, 'Team', by),
  recognise: (oracle, { identity }) => recognise(oracle, identity),
  events: eventsOf,
  viewer: ({ viewer }) => viewer,
  workspace(oracle) {
    demandRead(oracle.viewer, entityNamed('Workspace'));
    return ownWorkspace(oracle);
  },
};

function node(oracle: Oracle, id: string): Row | null {
  const parts = decodeTypeId(id);
  const entity = allEntities().find(({ prefix }) => prefix === parts?.prefix);
  return parts && entity ? oneReadable(oracle, entity.name, parts.uuid) : refuse('ID_INVALID');
}

/** An error in place of an item of a list becomes the error of that item. */
function attempt<T>(work: () => T): T | unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}

function ownWorkspace(oracle: Oracle): Row {
  return seen(
    oracle.viewer,
    entityNamed('Workspace'),
    oracle.tables.byId('Workspace', oracle.viewer.workspaceId, oracle.viewer.workspaceId)!,
  );
}

function connectionField(connection: Connection, field: string, args: Args): unknown {
  if (field === 'totalCount') {
    demand(args.upTo >= 1 && args.upTo <= 1_000_000, 'BAD_USER_INPUT');
    return connection.count(args.upTo);
  }
  if (field === 'sum') return connection.sum!(args.field, args.currency ?? null);
  const page: Page = connection.page();
  if (field === 'nodes') return page.rows;
  if (field === 'edges') return page.rows.map((row, i) => ({ node: row, cursor: page.cursors[i] }));
  const { hasNextPage, hasPreviousPage, cursors } = page;
  return { hasNextPage, hasPreviousPage, startCursor: cursors[0] ?? null, endCursor: cursors.at(-1) ?? null };
}

/** Whoever asks sees their own records, whatever the scope. */
function own(oracle: Oracle, entity: string, id: string | null | undefined): Row | null {
  const { viewer } = oracle;
  return id ? oneOf({ ...oracle, viewer: { ...viewer, role: { ...viewer.role, rowScope: new Map() } } }, entity, id) : null;
}

const rules = (scopes: Iterable<[string, unknown]>) => [...scopes].map(([subject, scope]) => ({ subject, scope }));

type Special = (oracle: Oracle, source: Row, args: Args, field: string) => unknown;

const specials: Record<string, Special> = {
  'Viewer.workspace': ownWorkspace,
  'Viewer.user': (oracle) => own(oracle, 'User', oracle.viewer.userId),
  'Viewer.apiKey': (oracle) => own(oracle, 'ApiKey', oracle.viewer.actor.kind === 'API_KEY' ? oracle.viewer.actor.id : null),
  'Viewer.role': (oracle) => own(oracle, 'Role', oracle.viewer.roleId),
  'Viewer.permissions': ({ viewer }) => [...viewer.role.permissions].sort(),
  'Viewer.hiddenFields': ({ viewer }) => [...viewer.role.hiddenFields].sort(),
  'Viewer.rowScopes': ({ viewer }) => rules(viewer.role.rowScope),
  'Viewer.limits': ({ limits }) => limits,
  'Role.rowScopes': (_oracle, role) => rules(Object.entries(role.rowScope as object)),
  'Customer.timeline': timelineOf,
  'Customer.interactions': interactionsOf,
  'Interaction.actor': (_oracle, row) => ({ kind: row.actorKind, id: row.actorId }),
  'OpportunityTransition.actor': (_oracle, row) => ({ kind: row.actorKind, id: row.actorId }),
  'Actor.user': (oracle, { kind, id }) => (kind === 'USER' && id ? oneReadable(oracle, 'User', id) : null),
  'Actor.apiKey': (oracle, { kind, id }) => (kind === 'API_KEY' && id ? oneReadable(oracle, 'ApiKey', id) : null),
  'TimelineEntry.node': (oracle, item) => oneOf(oracle, item.type as string, item.id),
  'TouchPoint.figures': figuresOf,
  'TouchPointFigures.*': (oracle, figures, _args, field) => figure(oracle, figures as unknown as Figures, field),
  'Opportunity.weightedValue': weightedValue,
  'Opportunity.stalled': isStalled,
  'Segment.membersAt': membersAt,
  'Interaction.message': messageOf,
  'Webhook.cursor': (_oracle, row) => cursorOfSeq(row.cursor),
  'WebhookDelivery.eventId': (_oracle, { eventId }) => (eventId === null ? null : encodeTypeId('event', eventId as string)),
  'PluginFailure.eventId': (_oracle, { eventId }) => encodeTypeId('event', eventId as string),
  'PluginFailure.status': (oracle, { deadAt }) =>
    isHidden(oracle.viewer.role, 'PluginFailure', 'deadAt') ? null : deadAt === null ? 'WAITING' : 'DEAD',
  'Event.*': (oracle, event, _args, field) => eventField(oracle, event, field),
};

function interactionsOf(oracle: Oracle, customer: Row, { rollUp, ...list }: Args): unknown {
  const interaction: Entity = entityNamed('Interaction');
  demand(!isHidden(oracle.viewer.role, 'Customer', 'interactions'), 'FORBIDDEN');
  demandShown(oracle.viewer, interaction, 'customer');
  if (rollUp == null) return listOf(oracle, 'Customer.interactions', interaction, list, (row) => row.customerId === customer.id);
  demandRead(oracle.viewer, entityNamed('Relationship'));
  const family = descendants(oracle, customer.id, rollUp);
  return listOf(oracle, `Customer.interactions:${rollUp}`, interaction, list, (row) => family.has(row.customerId as string));
}

/** A link that is hidden at one end is hidden from both. */
function messageOf(oracle: Oracle, interaction: Row): Row | null {
  const { tables, viewer } = oracle;
  if (hides(viewer, entityNamed('Message'), 'interactionId')) return null;
  const isOf = (row: Row) => row.interactionId === interaction.id && row.workspaceId === viewer.workspaceId;
  const found = tables.rows('Message').find(isOf);
  return found ? oneReadable(oracle, 'Message', found.id) : null;
}
