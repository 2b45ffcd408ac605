// One client's event stream: bounds what waits to be sent, cuts readers that stay slow, and ends it so that clients come
// again. The socket's counterpart is `socket.ts`.
import type { ServerResponse } from 'node:http';
import { closeCodes, type Link, type SocketLimits } from './socket.ts';
import type { StreamBody } from './sse-ids.ts';

export type StreamLink = Pick<Link, 'room' | 'slow' | 'close'> & {
  /** Sends what the body yields until it ends, or the client goes. */
  send(response: ServerResponse, body: StreamBody): void;
  /** Whether a client is there to read. */
  open(): boolean;
};

/**
 * How long the stream rests between its last word and its end. Clients of graphql-sse that meet both at once wait for
 * ever: they look whether somebody waits for more at a moment when nobody does yet.
 */
const REST_MS = 250;

/** Makes the link of a stream. `farewell` is the last word for a reason; `onEnd` is called once, as soon as it ends or is being ended. */
export function createStreamLink(limits: SocketLimits, farewell: (reason: string) => string, onEnd: (reason: string) => void): StreamLink {
  let response: ServerResponse | null = null;
  let ended = false;
  let stall: NodeJS.Timeout | undefined;
  const waiting: (() => void)[] = [];

  function end(reason: string): void {
    if (ended) return;
    ended = true;
    clearTimeout(stall);
    for (const resolve of waiting.splice(0)) resolve();
    onEnd(reason);
  }

  function cut(): void {
    end('SLOW_CONSUMER');
    response?.destroy();
  }

  function watch(): void {
    if (ended || !response) return;
    const bytes = response.writableLength;
    if (bytes > limits.closeBytes) {
      cut();
      return;
    }
    if (bytes > limits.pauseBytes) {
      stall ??= setTimeout(cut, limits.stallMs);
      return;
    }
    clearTimeout(stall);
    stall = undefined;
    for (const resolve of waiting.splice(0)) resolve();
  }

  async function pump(to: ServerResponse, body: StreamBody): Promise<void> {
    try {
      for await (const text of body) {
        if (ended) break;
        // Written at once, not when there is room: `room` holds the feeds back, and all that waits is counted in one place.
        to.write(text, watch);
        watch();
      }
      if (ended) return;
      end('COMPLETE');
      to.end();
    } catch {
      end('INTERNAL_SERVER_ERROR');
      to.destroy();
    }
  }

  return {
    send(to, body) {
      response = to;
      to.on('error', () => undefined);
      to.once('close', () => {
        end('GONE');
        body.return(undefined).catch(() => undefined);
      });
      for (const resolve of waiting.splice(0)) resolve();
      void pump(to, body);
    },
    open: () => response !== null && !ended,
    room: () => {
      const full = response === null || response.writableLength > limits.pauseBytes;
      return ended || !full ? undefined : new Promise((resolve) => waiting.push(resolve));
    },
    slow: () => stall !== undefined,
    close(code, reason) {
      if (ended) return;
      const to = response;
      if (to && code === closeCodes.tryLater) to.destroy();
      else if (to) {
        to.write(farewell(reason));
        setTimeout(() => to.end(() => to.socket?.destroySoon()), REST_MS);
        setTimeout(() => to.destroy(), REST_MS + limits.closeMs).unref();
      }
      end(reason);
    },
  };
}
