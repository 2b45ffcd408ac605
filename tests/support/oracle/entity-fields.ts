// The fields of entities: columns, money, external references and relations.
import { isHidden } from '../../../src/auth/permissions.ts';
import { columnsOf } from '../../../src/db/models.ts';
import { encodeTypeId } from '../../../src/lib/typeid.ts';
import { type Entity, entityNamed, type RelationSpec } from '../../../src/query/entity.ts';
import { type ListArgs, listOf, oneReadable } from './list.ts';
import { demandShown, fieldShowing, type Oracle } from './policy.ts';
import { demand, refuse } from './refuse.ts';
import type { Row, Tables } from './tables.ts';

export function idOfRow(entity: string, uuid: string): string {
  return encodeTypeId(entityNamed(entity).prefix, uuid);
}

/** The value of a field that the entity's spec declares. */
export function entityField(oracle: Oracle, entity: Entity, row: Row, field: string, args: object): unknown {
  if (field === 'id') return idOfRow(entity.name, row.id);
  const money = entity.money?.[field];
  if (money)
    return row[money.amount] === null || row[money.currency] === null ? null : { amount: row[money.amount], currency: row[money.currency] };
  const ref = entity.externalRef;
  if (ref?.field === field) return row[ref.system] === null ? null : { system: row[ref.system], value: row[ref.id] };
  const relation = entity.relations?.[field] ?? addedRelations[`${entity.name}.${field}`];
  if (relation) return 'one' in relation ? toOne(oracle, entity, row, relation) : toMany(oracle, entity, row, field, relation, args);
  if (!entity.fields.includes(field)) throw new Error(`the oracle does not know ${entity.name}.${field}`);
  return columnField(oracle, entity, row, field);
}

function isNullable(entity: Entity, column: string): boolean {
  return columnsOf(entity.name).find(({ name }) => name === column)!.nullable;
}

function columnField({ viewer }: Oracle, entity: Entity, row: Row, column: string): unknown {
  demand(isNullable(entity, column) || !isHidden(viewer.role, entity.name, column), 'FORBIDDEN');
  return row[column];
}

// What must be there and is out of sight is refused; what may be missing is missing.
function toOne(oracle: Oracle, entity: Entity, row: Row, relation: { one: string; key: string }): unknown {
  const id = row[relation.key] as string | null;
  const found = id === null ? null : oneReadable(oracle, relation.one, id);
  return found ?? (isNullable(entity, relation.key) ? null : refuse('FORBIDDEN'));
}

/** Relations that modules add to the entities of others. */
const addedRelations: Record<string, RelationSpec> = {
  'Customer.consents': { many: 'Consent', key: 'customerId', description: '' },
  'Customer.leads': { many: 'Lead', key: 'customerId', description: '' },
  'Opportunity.quotes': { many: 'Quote', key: 'opportunityId', description: '' },
  'Opportunity.lead': { one: 'Lead', key: 'leadId', description: '' },
  'Opportunity.rule': { one: 'OpportunityRule', key: 'ruleId', description: '' },
};

function toMany(oracle: Oracle, entity: Entity, row: Row, field: string, relation: RelationSpec, args: ListArgs): unknown {
  if (!('many' in relation)) throw new Error('a list');
  const target = entityNamed(relation.many);
  demand(!isHidden(oracle.viewer.role, entity.name, field), 'FORBIDDEN');
  if ('key' in relation) demandShown(oracle.viewer, target, fieldShowing(target, relation.key));
  const name = `${entity.name}.${field}`;
  if (['Customer.segments', 'Segment.members'].includes(name))
    for (const told of ['customer', 'segment', 'leftAt']) demandShown(oracle.viewer, entityNamed('SegmentMembership'), told);
  return listOf(
    oracle,
    name,
    target,
    args,
    'key' in relation ? (other) => other[relation.key] === row.id : linkOf(name, oracle.tables, row),
  );
}

/** The links over a join, written a second time. */
const links: Record<string, (tables: Tables, parent: Row, other: Row) => boolean> = {
  'User.teams': (tables, user, team) => isMember(tables, team, user),
  'Team.members': (tables, team, user) => isMember(tables, team, user),
  'Segment.members': (tables, segment, customer) => tables.rows('SegmentMembership').some((stay) => isIn(stay, customer, segment)),
  'Customer.segments': (tables, customer, segment) => tables.rows('SegmentMembership').some((stay) => isIn(stay, customer, segment)),
  'Customer.relationships': (_tables, customer, tie) => tie.fromId === customer.id || tie.toId === customer.id,
};

function isIn(stay: Row, customer: Row, segment: Row): boolean {
  const isOf = stay.customerId === customer.id && stay.segmentId === segment.id && stay.workspaceId === segment.workspaceId;
  return isOf && stay.leftAt === null;
}

function isMember(tables: Tables, team: Row, user: Row): boolean {
  const isOf = (member: Row) => member.teamId === team.id && member.userId === user.id;
  return tables.rows('TeamMember').some((member) => member.workspaceId === team.workspaceId && isOf(member));
}

function linkOf(name: string, tables: Tables, parent: Row): (other: Row) => boolean {
  const link = links[name];
  if (!link) throw new Error(`the oracle does not know the link ${name}`);
  return (other) => link(tables, parent, other);
}
