// Making and withdrawing API keys. The key itself exists only in the answer of the call that made it.
import { createApiKey } from '../../auth/api-key.ts';
import { type CommandContext, defineCommand } from '../../commands/command.ts';
import { dateTime, id, input, key, oneOf, text, version } from '../../commands/fields.ts';
import { expectVersion, insertRows, lockRow, notFound, writeChanges } from '../../commands/rows.ts';
import { reject, UserErrors } from '../../commands/user-errors.ts';
import { DocumentPolicyValues } from '../../db/models.ts';
import { newId } from '../../lib/typeid.ts';
import { announceAccess, assignable, definitionOf, excessError, keepingAdministrator, rolesNamed } from './assignment.ts';

// Beside the result, not in it: results are stored for idempotent repeats.
const secrets = new WeakMap<object, string>();

/** The new key, for the very result that `apiKeyCreate` gave when it ran; null for a repeated call's. */
export function secretOf(result: object | null): string | null {
  return (result && secrets.get(result)) ?? null;
}

export const apiKeyCreate = defineCommand({
  name: 'apiKeyCreate',
  description: 'Makes an API key and answers it this once: only a hash of it is kept.',
  permission: 'api-keys:write',
  input: input('ApiKeyCreateInput', 'A new API key.', {
    name: text('What the key is for.'),
    role: key('Key of the role of its bearer; none that exceeds the caller.'),
    documents: oneOf('DocumentPolicy', DocumentPolicyValues, 'Which documents it may send; ANY unless told.').default('ANY'),
    expiresAt: dateTime('From then on the key is refused; never, if absent.').nullish(),
  }),
  run: async (ctx, { name, role: named, documents, expiresAt = null }) => {
    if (expiresAt && expiresAt <= ctx.now) reject('IN_THE_PAST', 'The key would be refused from the start.', ['expiresAt']);
    const role = assignable(ctx, await rolesNamed(ctx, [named]), named, ['role']);
    if ('path' in role) throw new UserErrors([role]);
    if (documents === 'ANY' && ctx.viewer.documents === 'TRUSTED') {
      reject('ROLE_EXCEEDS_CALLER', 'The caller may send trusted documents only, and so may a key it makes.', ['documents']);
    }
    const { token, hash, prefix } = createApiKey();
    const result = { id: newId() };
    const row = { name, prefix, roleId: role.id, documents, expiresAt };
    await insertRows(ctx.tx, 'ApiKey', [{ workspaceId: ctx.workspaceId, id: result.id, hash, ...row }]);
    emit(ctx, 'created', result.id, { after: row });
    secrets.set(result, token);
    return result;
  },
});

export const apiKeyRevoke = defineCommand({
  name: 'apiKeyRevoke',
  description: 'Withdraws an API key for good: it is refused from now on, by other processes within seconds.',
  permission: 'api-keys:write',
  input: input('ApiKeyRevokeInput', 'Which key to withdraw.', { id: id('ApiKey', 'The key.'), expectedVersion: version() }),
  run: async (ctx, { id: target, expectedVersion }) =>
    keepingAdministrator(ctx, ['id'], async () => {
      const row = (await lockRow(ctx, 'ApiKey', target)) ?? notFound('ApiKey', ['id']);
      expectVersion('ApiKey', row, expectedVersion);
      if (row.revokedAt) return { id: row.id };
      const [role] = await rolesNamed(ctx, [], [row.roleId]);
      const error = role && excessError(ctx, definitionOf(role), ['id']);
      if (error) throw new UserErrors([error]);
      await writeChanges(ctx, 'ApiKey', row.id, { revokedAt: ctx.now });
      announceAccess(ctx);
      emit(ctx, 'revoked', row.id, { before: { revokedAt: null }, after: { revokedAt: ctx.now } });
      return { id: row.id };
    }),
});

function emit(
  ctx: CommandContext,
  what: string,
  subjectId: string,
  data: { before?: Record<string, unknown>; after: Record<string, unknown> },
): void {
  ctx.emit({ type: `api_key.${what}`, subjectType: 'ApiKey', subjectId, customerId: null, data });
}
