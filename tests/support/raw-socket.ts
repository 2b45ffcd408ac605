// A client of the graphql-transport-ws protocol that does what a test tells it, also what no client should do.
import { WebSocket } from 'ws';
import { until } from './eventually.ts';
import type { TestServer } from './server.ts';

export type Closed = { code: number; reason: string };
export type Message = { type: string; id?: string; payload?: unknown };
export type RawSocket = {
  socket: WebSocket;
  messages: Message[];
  closed: Promise<Closed>;
  send(message: object | string | Buffer): void;
  got(type: string): Promise<Message>;
};

/** Opens a socket; `init` is the payload of its first message (the administrator's key unless told), null says nothing. */
export function rawSocket(server: TestServer, options: { init?: object | null } = {}): RawSocket {
  const socket = new WebSocket(server.wsUrl, 'graphql-transport-ws');
  const messages: Message[] = [];
  socket.on('message', (data) => messages.push(JSON.parse(String(data))));
  const closed = new Promise<Closed>((resolve, reject) => {
    socket.once('close', (code, reason) => resolve({ code, reason: String(reason) }));
    socket.once('error', reject);
  });
  closed.catch(() => undefined);
  const { init = { Authorization: `Bearer ${server.adminKey}` } } = options;
  const send: RawSocket['send'] = (message) =>
    socket.send(Buffer.isBuffer(message) || typeof message === 'string' ? message : JSON.stringify(message));
  if (init) socket.once('open', () => send({ type: 'connection_init', payload: init }));
  const got = (type: string) => until(() => messages.find((message) => message.type === type));
  return { socket, messages, closed, send, got };
}

/** A socket that the server has let in. */
export async function admitted(server: TestServer, init?: object): Promise<RawSocket> {
  const client = rawSocket(server, init ? { init } : {});
  await client.got('connection_ack');
  return client;
}

/** The message that begins an operation. */
export const subscribe = (query: string, variables: object = {}, id = '1') => ({ id, type: 'subscribe', payload: { query, variables } });
