// Who sees which rows and which columns, said plainly.
import { hasPermission, isHidden, narrowerScope, type RowScope, scopeOf } from '../../../src/auth/permissions.ts';
import type { Viewer } from '../../../src/auth/viewer.ts';
import { type Entity, entityNamed } from '../../../src/query/entity.ts';
import { demand } from './refuse.ts';
import type { Row, Tables } from './tables.ts';

export type Oracle = {
  tables: Tables;
  viewer: Viewer;
  now: Date;
  /** What `viewer.limits` answers. */
  limits: Record<string, unknown>;
  /** Is told of every field that is answered, and of every list of which a page was read. */
  watch?: {
    field(type: string, field: string, args: Record<string, unknown>): void;
    list(coordinate: string, args: Record<string, unknown>, cursors: string[]): void;
  };
};

export function mayRead(viewer: Viewer, entity: Entity): boolean {
  return hasPermission(viewer.role, `${entity.subject}:read`);
}

export function demandRead(viewer: Viewer, entity: Entity): void {
  demand(mayRead(viewer, entity), 'FORBIDDEN');
}

/** Refuses to filter, order or link by a hidden field. */
export function demandShown(viewer: Viewer, entity: Entity, field: string): void {
  demand(!isHidden(viewer.role, entity.name, field), 'FORBIDDEN');
}

/** The field of the API that shows a column. */
export function fieldShowing(entity: Entity, column: string): string {
  if (entity.fields.includes(column)) return column;
  for (const [field, money] of Object.entries(entity.money ?? {})) if ([money.amount, money.currency].includes(column)) return field;
  if (entity.externalRef && [entity.externalRef.system, entity.externalRef.id].includes(column)) return entity.externalRef.field;
  for (const [field, relation] of Object.entries(entity.relations ?? {})) if ('one' in relation && relation.key === column) return field;
  return column;
}

export function hides(viewer: Viewer, entity: Entity, column: string): boolean {
  return isHidden(viewer.role, entity.name, fieldShowing(entity, column));
}

/** The row with the columns that the role hides as null. */
export function seen(viewer: Viewer, entity: Entity, row: Row): Row {
  const shown = Object.entries(row).map(([name, value]) => [name, hides(viewer, entity, name) ? null : value]);
  return { ...Object.fromEntries(shown), $entity: entity.name };
}

/** Whether the viewer sees the row. */
export function isVisible(oracle: Oracle, entity: Entity, row: Row): boolean {
  const workspace = entity.name === 'Workspace' ? row.id : row.workspaceId;
  return workspace === oracle.viewer.workspaceId && inScope(oracle, entity, row) && isTold(oracle, entity, row);
}

/** Whether a role's scope or the entity itself leaves out any rows. */
export function leavesOut(viewer: Viewer, entity: Entity): boolean {
  if (entity.visible) return true;
  if (!entity.scope) return false;
  if (scopeOf(viewer.role, entity.subject) !== 'ALL') return true;
  return entity.scope.kind === 'through' && leavesOut(viewer, entityNamed(entity.scope.entity));
}

function inScope(oracle: Oracle, entity: Entity, row: Row): boolean {
  const { scope } = entity;
  const { viewer, tables } = oracle;
  if (!scope) return true;
  const rows = scopeOf(viewer.role, entity.subject);
  if (scope.kind === 'through') {
    const target = entityNamed(scope.entity);
    const narrowed = withScope(viewer, target.subject, narrowerScope(rows, scopeOf(viewer.role, target.subject)));
    if (!leavesOut(narrowed, target)) return true;
    const parent = tables.byId(target.name, viewer.workspaceId, row[scope.key]);
    return parent !== undefined && isVisible({ ...oracle, viewer: narrowed }, target, parent);
  }
  if (rows === 'ALL') return true;
  if (scope.kind === 'self') return viewer.userId !== null && row[scope.user] === viewer.userId;
  const owner = row[scope.owner] as string | null;
  if (owner !== null && owner === viewer.userId) return true;
  if (rows === 'OWN') return false;
  if (scope.team && viewer.teamIds.includes(row[scope.team] as string)) return true;
  return tables
    .rows('TeamMember')
    .some(
      (member) => member.workspaceId === viewer.workspaceId && member.userId === owner && viewer.teamIds.includes(member.teamId as string),
    );
}

function withScope(viewer: Viewer, subject: string, scope: RowScope): Viewer {
  return { ...viewer, role: { ...viewer.role, rowScope: new Map([...viewer.role.rowScope, [`${subject}:read`, scope]]) } };
}

/** What the entities with a `visible` of their own say there, written a second time. */
const told: Record<string, (oracle: Oracle, row: Row) => boolean> = {
  LifecycleTransition: ({ viewer }) => mayRead(viewer, entityNamed('Customer')),
  SegmentMembership: ({ viewer }) => mayRead(viewer, entityNamed('Customer')),
  Relationship(oracle, row) {
    const customer = entityNamed('Customer');
    const sees = (id: unknown) => {
      const found = oracle.tables.byId('Customer', oracle.viewer.workspaceId, id);
      return found !== undefined && isVisible(oracle, customer, found);
    };
    return mayRead(oracle.viewer, customer) && sees(row.fromId) && sees(row.toId);
  },
};

function isTold(oracle: Oracle, entity: Entity, row: Row): boolean {
  if (!entity.visible) return true;
  const rule = told[entity.name];
  if (!rule) throw new Error(`the oracle does not know which rows of ${entity.name} are visible`);
  return rule(oracle, row);
}
