// One client's WebSocket: keeps it alive, bounds what waits to be sent, and closes it with a code that says what to do.
import type { WebSocket } from 'ws';

/** Close codes; of these, graphql-ws clients retry all but `tooMany`. */
export const closeCodes = {
  /** The server stops: connect again, to another one. */
  restart: 1012,
  /** The reader is too slow, or the server cannot tell now who asks: connect again later, and resume by cursor. */
  tryLater: 1013,
  /** The credential is missing, wrong or at its end: connect again with another. */
  forbidden: 4403,
  /** More operations at once than a socket may have: a client that would do so again. */
  tooMany: 4429,
} as const;

export type SocketLimits = {
  /** Bytes waiting to be sent above which no more events are asked for. */
  pauseBytes: number;
  /** Bytes waiting to be sent above which the socket is closed. */
  closeBytes: number;
  /** How long a reader may stay above `pauseBytes`. */
  stallMs: number;
  /** Between two pings; a peer that does not answer one until the next is gone. */
  pingMs: number;
  /** How long a peer may take to answer a close. */
  closeMs: number;
};

export const defaultSocketLimits: SocketLimits = {
  pauseBytes: 256 * 1024,
  closeBytes: 8 * 1024 * 1024,
  stallMs: 30_000,
  pingMs: 15_000,
  closeMs: 5_000,
};

export type Link = {
  /** Resolves when the bytes have left this process, or the socket is closing. */
  send(text: string): Promise<void>;
  /** Waits until less than `pauseBytes` are waiting; undefined when that is so. */
  room(): Promise<void> | undefined;
  /** Whether the reader is behind. */
  slow(): boolean;
  close(code: number, reason: string): void;
};

/** Wraps a socket. `onEnd` is called once, as soon as it closes or is being closed from here. */
export function createLink(socket: WebSocket, limits: SocketLimits, onEnd: (code: number, reason: string) => void): Link {
  let ended = false;
  let stall: NodeJS.Timeout | undefined;
  const waiting: (() => void)[] = [];
  let alive = true;

  function end(code: number, reason: string): void {
    if (ended) return;
    ended = true;
    clearInterval(pinger);
    clearTimeout(stall);
    for (const resolve of waiting.splice(0)) resolve();
    onEnd(code, reason);
  }

  function close(code: number, reason: string): void {
    if (socket.readyState === socket.CONNECTING || socket.readyState === socket.OPEN) {
      socket.close(code, reason);
      setTimeout(() => socket.terminate(), limits.closeMs).unref();
    }
    end(code, reason);
  }

  function watch(): void {
    const bytes = socket.bufferedAmount;
    if (bytes > limits.closeBytes) {
      close(closeCodes.tryLater, 'SLOW_CONSUMER');
    } else if (bytes > limits.pauseBytes) {
      stall ??= setTimeout(() => close(closeCodes.tryLater, 'SLOW_CONSUMER'), limits.stallMs);
      return;
    }
    clearTimeout(stall);
    stall = undefined;
    for (const resolve of waiting.splice(0)) resolve();
  }

  const pinger = setInterval(() => {
    // Behind a full buffer a ping cannot arrive; how long that may last is what `stall` says.
    if (!alive && stall === undefined) return socket.terminate();
    alive = false;
    socket.ping();
  }, limits.pingMs);
  socket.on('pong', () => {
    alive = true;
  });
  socket.on('message', () => {
    alive = true;
  });
  // Broken frames, too large messages and lost connections; the close that follows each is all that matters.
  socket.on('error', () => undefined);
  socket.once('close', (code, reason) => end(code, String(reason)));

  return {
    send: (text) =>
      new Promise((resolve) => {
        if (socket.readyState !== socket.OPEN) return resolve();
        socket.send(text, () => {
          watch();
          resolve();
        });
        watch();
      }),
    room: () => (ended || socket.bufferedAmount <= limits.pauseBytes ? undefined : new Promise((resolve) => waiting.push(resolve))),
    slow: () => stall !== undefined,
    close,
  };
}
