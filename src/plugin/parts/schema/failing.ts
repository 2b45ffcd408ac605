// What callers are told when a plugin does not answer as it should.
import type { GraphQLError, GraphQLResolveInfo } from 'graphql';
import type { Viewer } from '../../../auth/viewer.ts';
import type { Context } from '../../../graphql/context.ts';
import { apiError } from '../../../graphql/errors.ts';
import type { LoadedPlugin } from '../../loaded.ts';

/** The error in place of whatever a plugin did wrong: of that only the log tells. */
export function unavailable({ id }: LoadedPlugin): GraphQLError {
  return apiError('PLUGIN_UNAVAILABLE', `The plugin ${id} failed or took too long.`, { plugin: id });
}

/** How long a request is spared a field that has failed it: when a page is read again by graphql-js for the sake of the error. */
const SPARED_MS = 3_000;
const MOST = 1_000;

type Failure = { error: unknown; until: number };
const failures = new Map<string, Failure>();

/** A name for what one request asks; requests name themselves, so who asks belongs to it. Null for what is no request. */
export function askedIn(requestId: string, { workspaceId, credentialId, actor }: Viewer, what: string): string | null {
  return requestId === '' ? null : [requestId, workspaceId, credentialId, actor.kind, what].join('\n');
}

const answers = new WeakMap<Context, string>();
let answered = 0;

/**
 * The operation that a field is asked in. A subscription is one request for all that it tells, for hours maybe: there each
 * answer is an operation of its own, with a context of its own, so that what failed for one event is asked again for the next.
 */
export function operationOf(ctx: Context, { operation }: Pick<GraphQLResolveInfo, 'operation'>): string {
  if (ctx.requestId === '' || operation.operation !== 'subscription') return ctx.requestId;
  const known = answers.get(ctx);
  if (known !== undefined) return known;
  const name = `${ctx.requestId} ${++answered}`;
  answers.set(ctx, name);
  return name;
}

/**
 * Loads, unless the same has just failed for the same request: a plugin that hangs costs one timeout, not two. What has no
 * request, such as the bodies of webhooks, is loaded each time: one failure must not be told of what comes after it.
 */
export async function oncePerRequest<T>(asked: string | null, load: () => Promise<T>): Promise<T> {
  if (asked === null) return load();
  const known = failures.get(asked);
  if (known && known.until > performance.now()) throw known.error;
  try {
    return await load();
  } catch (error) {
    const now = performance.now();
    for (const [name, { until }] of failures) {
      if (until > now && failures.size < MOST) break;
      failures.delete(name);
    }
    failures.delete(asked);
    failures.set(asked, { error, until: now + SPARED_MS });
    throw error;
  }
}
