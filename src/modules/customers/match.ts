// Before a new customer is made of identities that nobody is known by, strategies are asked whose they are.
import sql from 'sql-template-tag';
import type { CommandContext } from '../../commands/command.ts';
import { askStrategy, STRATEGY_MS, strategiesOf, tellUnanswered } from '../../commands/strategies.ts';
import { identityKey, type NormalIdentity } from './identity.ts';

/** How long all questions of one command may take together: what is left then is taken as not known. */
const ALL_MS = 10 * STRATEGY_MS;

/** What a command was told already, and whom it need not ask again. */
type Memory = { answers: Map<string, string | null>; failed: Set<string>; spentMs: number };
const memories = new WeakMap<CommandContext, Memory>();

/** For each group of identities the customer whose they are according to the strategies: of the workspace, and not archived. */
export async function matchIdentities(ctx: CommandContext, groups: readonly NormalIdentity[][]): Promise<(string | null)[]> {
  if (groups.length === 0 || strategiesOf('IDENTITY_MATCH').length === 0) return groups.map(() => null);
  const memory = memories.get(ctx) ?? { answers: new Map(), failed: new Set(), spentMs: 0 };
  memories.set(ctx, memory);
  const found: (string | null)[] = [];
  for (const group of groups) found.push(await firstMatch(ctx, memory, group));
  return found;
}

/** Of these identities those that nobody is known by, but of which a strategy knows whose they are; by their keys. */
export async function matchUnknown(
  ctx: CommandContext,
  named: readonly NormalIdentity[],
  known: ReadonlyMap<string, string>,
): Promise<Map<string, { customerId: string; identity: NormalIdentity }>> {
  const unknown = [...new Map(named.map((identity) => [identityKey(identity), identity]))].filter(([key]) => !known.has(key));
  const found = await matchIdentities(
    ctx,
    unknown.map(([, identity]) => [identity]),
  );
  return new Map(unknown.flatMap(([key, identity], i) => (found[i] ? [[key, { customerId: found[i], identity }] as const] : [])));
}

async function firstMatch(ctx: CommandContext, memory: Memory, group: readonly NormalIdentity[]): Promise<string | null> {
  const key = group.map(identityKey).sort().join('\n\n');
  const told = memory.answers.get(key);
  if (told !== undefined) return told;
  const identities = group.map(({ kind, system, value }) => ({ kind, system, value }));
  let customerId: string | null = null;
  for (const name of strategiesOf('IDENTITY_MATCH')) {
    if (memory.failed.has(name)) continue;
    if (memory.spentMs > ALL_MS) {
      tellUnanswered('IDENTITY_MATCH', name, `one command asked for more than ${ALL_MS} ms`);
      memory.failed.add(name);
      continue;
    }
    const started = performance.now();
    const answered = await askStrategy(ctx, 'IDENTITY_MATCH', name, { identities });
    memory.spentMs += performance.now() - started;
    if (!answered) memory.failed.add(name);
    if (!answered?.answer) continue;
    customerId = await present(ctx, answered.answer);
    if (customerId) break;
  }
  memory.answers.set(key, customerId);
  return customerId;
}

async function present(ctx: CommandContext, customerId: string): Promise<string | null> {
  const [row] = await ctx.tx.query<{ id: string }>(sql`select id from customers
    where workspace_id = ${ctx.workspaceId}::uuid and id = ${customerId}::uuid and archived_at is null`);
  return row?.id ?? null;
}
