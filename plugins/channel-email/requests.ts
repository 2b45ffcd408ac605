// Who hands mail over: each request names its workspace in the path, and is signed with its secret and the time.
import { type HttpRequest, type JobContext, verifyHmac } from 'trato/plugin';
import type { Account } from './config.ts';

/** The account that a request is for. */
export function accountOf(accounts: readonly Account[], request: HttpRequest): Account | undefined {
  return accounts.find(({ workspace }) => workspace === request.params.workspace);
}

/** The workspace of a genuine request; null for any other. */
export async function verifyRequest(
  accounts: readonly Account[],
  request: HttpRequest,
  ctx: JobContext,
): Promise<{ workspaceId: string } | null> {
  const account = accountOf(accounts, request);
  if (!account?.inbound) return null;
  const genuine = verifyHmac({
    secret: account.inbound.secret,
    body: request.body,
    signature: request.headers['x-email-signature'],
    prefix: 'sha256=',
    timestamp: { value: request.headers['x-email-timestamp'] },
  });
  if (!genuine) return null;
  const workspace = (await ctx.workspaces()).find(({ key }) => key === account.workspace);
  if (!workspace) ctx.log.error({ workspace: account.workspace }, 'the workspace of this mail account does not exist');
  return workspace ? { workspaceId: workspace.id } : null;
}
