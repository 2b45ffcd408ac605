// Archiving and restoring users, teams and roles.
import { type Command, type CommandContext, defineCommand } from '../../commands/command.ts';
import { id, input, version } from '../../commands/fields.ts';
import { expectVersion, lockRow, notFound, writeChanges } from '../../commands/rows.ts';
import { UserErrors } from '../../commands/user-errors.ts';
import type { RowOf } from '../../db/models.ts';
import { entityNamed } from '../../query/entity.ts';
import { announceAccess, definitionOf, excessError, keepingAdministrator, type RoleRow, rolesNamed } from './assignment.ts';
import { lockReachable } from './reach.ts';
import './access.entity.ts';

type Model = 'User' | 'Team' | 'Role';
type Row = RowOf[Model];
type Target = { id: string; expectedVersion?: number | null | undefined };

/** The command `<noun>Archive` or `<noun>Restore`. `check` may refuse for one row. */
export function toggleCommand(
  model: Model,
  archive: boolean,
  check: (row: Row) => void = () => undefined,
): Command<Target, { id: string }> {
  const noun = model.toLowerCase();
  const verb = archive ? 'Archive' : 'Restore';
  return defineCommand<Target, { id: string }>({
    name: `${noun}${verb}`,
    description: archive ? `Archives a ${noun}: lists hide it, its access ends, nothing is lost.` : `Brings an archived ${noun} back.`,
    permission: `${entityNamed(model).subject}:write`,
    input: input(`${model}${verb}Input`, `Which ${noun} to ${verb.toLowerCase()}.`, {
      id: id(model, `The ${noun}.`),
      expectedVersion: version(),
    }),
    run: async (ctx, target) => {
      const change = () => toggle(ctx, model, target, archive, check);
      await (archive && model !== 'Team' ? keepingAdministrator(ctx, ['id'], change) : change());
      return { id: target.id };
    },
  });
}

async function toggle(ctx: CommandContext, model: Model, target: Target, archive: boolean, check: (row: Row) => void): Promise<void> {
  const row: Row =
    model === 'Role' ? ((await lockRow(ctx, model, target.id)) ?? notFound(model, ['id'])) : await lockReachable(ctx, model, target.id);
  expectVersion(model, row, target.expectedVersion);
  if (Boolean(row.archivedAt) === archive) return;
  check(row);
  await refuseMightier(ctx, model, row);
  const after = { archivedAt: archive ? ctx.now : null };
  await writeChanges(ctx, model, row.id, after);
  announceAccess(ctx);
  const data = { before: { archivedAt: row.archivedAt }, after };
  ctx.emit({
    type: `${model.toLowerCase()}.${archive ? 'archived' : 'restored'}`,
    subjectType: model,
    subjectId: row.id,
    customerId: null,
    data,
  });
}

async function refuseMightier(ctx: CommandContext, model: Model, row: Row): Promise<void> {
  const roleId = model === 'User' ? (row as RowOf['User']).roleId : null;
  const [held] = model === 'Role' ? [row as RoleRow] : await rolesNamed(ctx, [], roleId ? [roleId] : []);
  const error = held ? excessError(ctx, definitionOf(held), ['id']) : null;
  if (error) throw new UserErrors([error]);
}
