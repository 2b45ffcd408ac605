// What a rule would find, before it is saved: of the customers that the viewer sees.
import sql, { join, raw } from 'sql-template-tag';
import type { Viewer } from '../../auth/viewer.ts';
import type { CommandContext } from '../../commands/command.ts';
import { toUserError } from '../../commands/command.ts';
import { type UserError, UserErrors } from '../../commands/user-errors.ts';
import type { Database, Queryable } from '../../db/database.ts';
import { apiError } from '../../graphql/errors.ts';
import { entityNamed } from '../../query/entity.ts';
import { rowPolicy } from '../../query/policy.ts';
import { compileRule, requireRuleVisible, resolveRule, ruleInput, type StoredRule } from '../rules/index.ts';

/** Counting stops here. */
export const MOST_COUNTED = 10_000;

export type Preview = { count: { value: number; isExact: boolean }; sample: string[] };

/** The rule as it would be stored. Throws BAD_USER_INPUT with the path of the fault, FORBIDDEN for what the role hides. */
export async function ruleAsked(db: Database, viewer: Viewer, written: unknown, path: string[]): Promise<StoredRule> {
  const parsed = ruleInput('The rule.').safeParse(written);
  if (!parsed.success) throw fault(path, toUserError(parsed.error.issues[0]!));
  try {
    const rule = await db.transaction((tx) => resolveRule(readingContext(tx as never, viewer), parsed.data, []));
    requireRuleVisible(viewer, rule);
    return rule;
  } catch (error) {
    if (error instanceof UserErrors) throw fault(path, error.errors[0]!);
    throw error;
  }
}

// What commands resolve with, for a read: nothing is written with it.
function readingContext(tx: CommandContext['tx'], viewer: Viewer): CommandContext {
  return { tx, viewer, workspaceId: viewer.workspaceId, now: new Date(), requestId: '', permission: 'segments:read', emit: () => {} };
}

function fault(path: string[], error: UserError): Error {
  return apiError('BAD_USER_INPUT', error.message, { reason: error.code, path: [...path, ...error.path] });
}

/** Counts and shows customers for whom the rule holds. */
export async function previewRule(db: Queryable, viewer: Viewer, rule: StoredRule, size: number): Promise<Preview> {
  const { joins, holds } = compileRule(rule, { customer: 'c', workspaceId: viewer.workspaceId, now: new Date(), among: null, prefix: 'r' });
  const [row] = await db.query<{ count: number; sample: string[] }>(sql`
    with fitting as materialized (
      select c.id, c.created_at from customers c ${joins.length > 0 ? join([...joins], ' ') : raw('')}
      where ${rowPolicy(viewer, entityNamed('Customer'), 'c')} and c.archived_at is null and ${holds}
      limit ${MOST_COUNTED + 1}::int
    )
    select (select count(*)::int from fitting) as count,
      array(select f.id from fitting f order by f.created_at, f.id limit ${size}::int) as sample`);
  return { count: { value: Math.min(row!.count, MOST_COUNTED), isExact: row!.count <= MOST_COUNTED }, sample: row!.sample };
}
