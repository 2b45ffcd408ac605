// GraphQL over WebSockets (the graphql-transport-ws protocol of graphql-ws) on the same path as HTTP.
import type { IncomingHttpHeaders, IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { handleProtocols, makeServer } from 'graphql-ws';
import { type WebSocket, WebSocketServer } from 'ws';
import { onAccessChanged } from '../auth/access-changes.ts';
import { connectionHooks } from './connection.ts';
import { type Connection, leave, newConnection, watchAccess } from './live-connection.ts';
import type { LiveOperations } from './live-operations.ts';
import type { Services } from './services.ts';
import { createLink, defaultSocketLimits, type SocketLimits } from './socket.ts';

export type LiveOptions = Partial<SocketLimits> & {
  /** Largest message of a client, in bytes. */
  maxPayload?: number;
  maxSockets?: number;
  /** Event streams at once, in all and of one credential. */
  maxStreams?: number;
  maxStreamsPerCredential?: number;
  /** How long a stream may be reserved before its client comes to read it. */
  streamInitMs?: number;
  /** Operations at once on one socket or event stream. */
  maxOperations?: number;
  /** How long a client may take to say who it is. */
  initMs?: number;
  /** Between two looks at whether a client's credential still holds. */
  recheckMs?: number;
};

export type LiveSockets = {
  counts(): { sockets: number; subscriptions: number; waiting: number };
  /** Closes every socket with a code that clients retry, each once its queries and mutations are done; resolves when all are gone. */
  drain(): Promise<void>;
  /** Drops whatever is left. */
  terminate(): void;
};

/** Answers upgrades of `server` on `path`. */
export function serveSockets(
  server: Server,
  path: string,
  services: Services,
  operations: LiveOperations,
  options: LiveOptions = {},
): LiveSockets {
  const { maxPayload = 1_000_000, maxSockets = 10_000, maxOperations = 100, initMs = 5_000, recheckMs = 30_000 } = options;
  const limits = { ...defaultSocketLimits, ...options };
  const connections = new Map<Connection, WebSocket>();
  const sockets = new WebSocketServer({ noServer: true, maxPayload, handleProtocols, perMessageDeflate: false, clientTracking: false });
  const protocol = makeServer<Record<string, unknown>, { connection: Connection; headers: IncomingHttpHeaders }>({
    connectionInitWaitTimeout: initMs,
    ...connectionHooks(services, operations, maxOperations),
  });
  let gone: (() => void) | undefined;

  server.on('upgrade', (request: IncomingMessage, stream: Duplex, head: Buffer) => {
    stream.on('error', () => stream.destroy());
    if (request.url?.split('?', 1)[0] !== path) return refuse(stream, '404 Not Found');
    if (services.draining() || connections.size >= maxSockets) return refuse(stream, '503 Service Unavailable');
    sockets.handleUpgrade(request, stream, head, (socket) => open(socket, request));
  });

  function open(socket: WebSocket, request: IncomingMessage): void {
    let closed: ((code: number, reason: string) => Promise<void>) | undefined;
    const link = createLink(socket, limits, (code, reason) => {
      clearTimeout(connection.expiry);
      void closed?.(code, reason).catch((error: unknown) => services.log.error({ err: error }, 'a subscription did not end well'));
    });
    const connection = newConnection('ws', request.socket.remoteAddress, link);
    connections.set(connection, socket);
    socket.once('close', () => {
      connections.delete(connection);
      if (connections.size === 0) gone?.();
    });
    closed = protocol.opened(
      {
        protocol: socket.protocol,
        send: link.send,
        close: (code, reason) => link.close(code ?? 1000, reason ?? ''),
        onMessage: (handle) => socket.on('message', (data, isBinary) => void receive(data, isBinary, handle)),
      },
      { connection, headers: request.headers },
    );

    async function receive(data: unknown, isBinary: boolean, handle: (text: string) => Promise<void>): Promise<void> {
      if (isBinary) return link.close(4400, 'Messages are text');
      try {
        await handle(String(data));
      } catch (error) {
        services.log.error({ err: error }, 'a message of a socket could not be handled');
        link.close(4500, 'INTERNAL_SERVER_ERROR');
      }
    }
  }

  const unwatch = watchAccess(services, () => connections.keys(), { everyMs: recheckMs, onChanged: onAccessChanged });

  return {
    counts: () => {
      const all = [...connections.keys()];
      const subscriptions = all.reduce((sum, connection) => sum + connection.subscriptions, 0);
      return { sockets: all.length, subscriptions, waiting: all.filter((connection) => connection.link.slow()).length };
    },
    drain() {
      unwatch();
      for (const connection of connections.keys()) leave(connection);
      return connections.size === 0 ? Promise.resolve() : new Promise((resolve) => (gone = resolve));
    },
    terminate() {
      for (const socket of connections.values()) socket.terminate();
    },
  };
}

function refuse(stream: Duplex, status: string): void {
  stream.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n${status.startsWith('503') ? 'retry-after: 1\r\n' : ''}\r\n`);
}
