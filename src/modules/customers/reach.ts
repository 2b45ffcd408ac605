// Whose customers a command may touch: those the caller sees, and of them those in the scope of the command's permission.
import type { Sql } from 'sql-template-tag';
import { narrowerScope, parsePermission, type RowScope, scopeOf } from '../../auth/permissions.ts';
import type { CommandContext } from '../../commands/command.ts';
import { rowPolicy, withScope } from '../../query/policy.ts';
import { customer } from './customers.entity.ts';

/** The narrower of the scopes for reading customers and for what the command does: `interactions:write` may have one of its own. */
export function reachOf(ctx: CommandContext): RowScope {
  const { subject, action } = parsePermission(ctx.permission);
  return narrowerScope(scopeOf(ctx.viewer.role, customer.subject), scopeOf(ctx.viewer.role, subject, action));
}

/** The predicate on customers (at `alias`) that the command may touch. */
export function reachPolicy(ctx: CommandContext, alias: string): Sql {
  return rowPolicy(withScope(ctx.viewer, customer.subject, reachOf(ctx)), customer, alias);
}
