// The parts of graphql-ws that are ours: who a socket's client is, and how its operations run.
import type { IncomingHttpHeaders } from 'node:http';
import type { ServerOptions, Context as WsContext } from 'graphql-ws';
import { apiError } from '../graphql/errors.ts';
import { type Connection, identify, welcome } from './live-connection.ts';
import type { LiveArgs, LiveOperations } from './live-operations.ts';
import type { Services } from './services.ts';
import { closeCodes } from './socket.ts';

type Extra = { connection: Connection; headers: IncomingHttpHeaders };
type Params = Record<string, unknown>;
type Ctx = WsContext<Params, Extra>;
type Hooks = Required<
  Pick<ServerOptions<Params, Extra>, 'onConnect' | 'onSubscribe' | 'onNext' | 'onComplete' | 'onClose' | 'execute' | 'subscribe'>
>;

/** Makes the hooks of a server's sockets. */
export function connectionHooks(services: Services, operations: LiveOperations, maxOperations: number): Hooks {
  return {
    async onConnect(ctx: Ctx) {
      const { connection, headers } = ctx.extra;
      const param = (name: string) => Object.entries(ctx.connectionParams ?? {}).find(([key]) => key.toLowerCase() === name)?.[1];
      const given = param('authorization') ?? headers.authorization;
      const origin = param('x-trato-origin') ?? headers['x-trato-origin'];
      connection.credential = typeof given === 'string' ? given : undefined;
      connection.origin = typeof origin === 'string' ? origin : null;
      return admit(services, connection);
    },

    async onSubscribe(ctx: Ctx, id, payload) {
      const { connection } = ctx.extra;
      if (Object.keys(ctx.subscriptions).length > maxOperations) {
        connection.link.close(closeCodes.tooMany, 'TOO_MANY_OPERATIONS');
        return [apiError('BAD_REQUEST', `A socket runs at most ${maxOperations} operations at once.`)];
      }
      return operations.begin(connection, id, payload);
    },

    execute: (args) => operations.execute(args as LiveArgs) as never,
    subscribe: (args) => operations.subscribe(args as LiveArgs) as never,

    // Results come masked and formatted from here; graphql-ws would format their errors again.
    onNext: (_ctx, _id, _payload, _args, result) => result,

    // graphql-ws ends the feeds of a closed socket, but for those that were still about to begin.
    onClose: (ctx: Ctx) => operations.closed(ctx.extra.connection),
    onComplete: (ctx: Ctx, id) => operations.ended(ctx.extra.connection, id),
  };
}

/** Lets the client in, or closes the connection with a code that says why not. */
async function admit(services: Services, connection: Connection): Promise<boolean> {
  const verdict = await identify(services, connection);
  if ('viewer' in verdict) {
    welcome(connection, verdict.viewer);
    return true;
  }
  if (verdict.code !== closeCodes.forbidden) services.log.warn({ reason: verdict.reason }, 'a socket cannot be authenticated now');
  connection.link.close(verdict.code, verdict.reason);
  return false;
}
