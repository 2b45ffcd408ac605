// Who is calling: each request names its site, and is signed with that site's secret and the time.
import { type HttpAnswer, type HttpRequest, type JobContext, verifyHmac, type z } from 'trato/plugin';
import type { Site } from './config.ts';

/** The workspace of a genuine request; null for any other. */
export async function verifyRequest(
  sites: readonly Site[],
  request: HttpRequest,
  ctx: JobContext,
): Promise<{ workspaceId: string } | null> {
  const site = siteOf(sites, request);
  if (!site) return null;
  const genuine = verifyHmac({
    secret: site.secret,
    body: request.method === 'GET' ? queryOf(request) : request.body,
    signature: request.headers['x-webchat-signature'],
    prefix: 'sha256=',
    timestamp: { value: request.headers['x-webchat-timestamp'] },
  });
  if (!genuine) return null;
  const workspace = (await ctx.workspaces()).find(({ key }) => key === site.workspace);
  if (!workspace) ctx.log.error({ site: site.key }, 'the workspace of this site does not exist');
  return workspace ? { workspaceId: workspace.id } : null;
}

/** What stands behind the question mark, as it was sent. */
function queryOf({ url }: HttpRequest): string {
  const at = url.indexOf('?');
  return at < 0 ? '' : url.slice(at + 1);
}

export function siteOf(sites: readonly Site[], request: HttpRequest): Site | undefined {
  return sites.find(({ key }) => key === request.headers['x-webchat-site']);
}

/** Reads what was sent; a text that is not JSON is as wrong as one of the wrong form. */
export function parse<T>(schema: z.ZodType<T>, read: () => unknown): { value: T } | { answer: HttpAnswer } {
  let given: unknown;
  try {
    given = read();
  } catch {
    return { answer: { status: 400, body: { error: 'INVALID_JSON' } } };
  }
  const { success, data, error } = schema.safeParse(given);
  if (success) return { value: data };
  // Paths and reasons, never what was sent.
  const issues = error.issues.map(({ path, message }) => ({ path: path.map(String), message }));
  return { answer: { status: 400, body: { error: 'INVALID', issues } } };
}
