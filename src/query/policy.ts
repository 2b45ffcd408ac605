// Row policies: which rows of a table a viewer sees. Written wherever a table is named, so no read can forget it.
import sql, { raw, type Sql } from 'sql-template-tag';
import { hasPermission, isHidden, narrowerScope, type RowScope, scopeOf } from '../auth/permissions.ts';
import type { Viewer } from '../auth/viewer.ts';
import { apiError } from '../graphql/errors.ts';
import { type ColumnOf, type Entity, entityNamed, type ScopeSpec } from './entity.ts';
import { allOf, columnsOfAlias, modelOf, tableOf } from './sql.ts';

/** Anyone of whom the role is known. */
export type RoleHolder = Pick<Viewer, 'role'>;

/** Throws FORBIDDEN unless the viewer may read the entity. */
export function requireRead(viewer: RoleHolder, entity: Entity): void {
  if (!mayRead(viewer, entity)) {
    throw apiError('FORBIDDEN', `The role lacks the permission ${entity.subject}:read.`);
  }
}

export function mayRead(viewer: RoleHolder, entity: Entity): boolean {
  return hasPermission(viewer.role, `${entity.subject}:read`);
}

/** Whether the role hides the column: itself as a field, or as a part of a composite field. */
export function hidesColumn(viewer: RoleHolder, entity: Entity, property: string): boolean {
  if (viewer.role.hiddenFields.size === 0) return false;
  return isHidden(viewer.role, entity.name, fieldOfColumn(entity, property));
}

/** The GraphQL field that shows a column: `valueAmount` is shown by `value`; a currency that several amounts share, by itself. */
export function fieldOfColumn(entity: Entity, property: string): string {
  if (entity.fields.includes(property)) return property;
  for (const [field, parts] of Object.entries(entity.money ?? {})) {
    if (parts.amount === property || parts.currency === property) return field;
  }
  const ref = entity.externalRef;
  if (ref && (ref.system === property || ref.id === property)) return ref.field;
  for (const [field, relation] of Object.entries(entity.relations ?? {})) {
    if ('one' in relation && relation.key === property) return field;
  }
  return property;
}

/** The whole predicate of a table mention: workspace, row scope and what the entity itself hides. */
export function rowPolicy(viewer: Viewer, entity: Entity, alias: string): Sql {
  const c = columnsOfAlias(entity.name, alias);
  return allOf([
    // The workspace's own row has no workspace_id: its id is one.
    sql`${c('workspaceId' in modelOf(entity.name).columns ? 'workspaceId' : 'id')} = ${viewer.workspaceId}::uuid`,
    entity.scope ? scopePredicate(viewer, entity, entity.scope, c, alias) : null,
    entity.visible?.(c, viewer),
  ]);
}

/** Whether the viewer's role sees only some rows of the entity. */
export function cutsRows(viewer: RoleHolder, entity: Entity): boolean {
  if (entity.visible) return true;
  if (!entity.scope) return false;
  if (scopeOf(viewer.role, entity.subject) !== 'ALL') return true;
  return entity.scope.kind === 'through' && cutsRows(viewer, entityNamed(entity.scope.entity));
}

/** The viewer with another scope for reading a subject. */
export function withScope(viewer: Viewer, subject: string, scope: RowScope): Viewer {
  return { ...viewer, role: { ...viewer.role, rowScope: new Map([...viewer.role.rowScope, [`${subject}:read`, scope]]) } };
}

// What belongs to a customer is cut with the customer, and further where its own subject has a narrower scope.
function scopePredicate(viewer: Viewer, entity: Entity, scope: ScopeSpec, c: ColumnOf, alias: string): Sql | null {
  if (scope.kind === 'through') {
    const target = entityNamed(scope.entity);
    const inner = `${alias}p`;
    const narrowed = withScope(
      viewer,
      target.subject,
      narrowerScope(scopeOf(viewer.role, entity.subject), scopeOf(viewer.role, target.subject)),
    );
    if (!cutsRows(narrowed, target)) return null;
    return sql`exists (select from ${tableOf(target.name)} ${raw(inner)} where ${columnsOfAlias(target.name, inner)('id')} = ${c(scope.key)} and ${rowPolicy(narrowed, target, inner)})`;
  }
  const rows = scopeOf(viewer.role, entity.subject);
  if (rows === 'ALL') return null;
  if (scope.kind === 'self') return sql`${c(scope.user)} = ${viewer.userId}::uuid`;
  const own = sql`${c(scope.owner)} = ${viewer.userId}::uuid`;
  if (rows === 'OWN') return own;
  const teammates = sql`${c(scope.owner)} in (select m.user_id from team_members m where m.workspace_id = ${viewer.workspaceId}::uuid and m.team_id = any(${viewer.teamIds}::uuid[]))`;
  return scope.team ? sql`(${own} or ${c(scope.team)} = any(${viewer.teamIds}::uuid[]) or ${teammates})` : sql`(${own} or ${teammates})`;
}
