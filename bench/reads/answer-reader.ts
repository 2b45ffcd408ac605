// Reads HTTP/1.1 answers off a socket, one at a time: with a content-length, or in chunks.
import type { Socket } from 'node:net';

export type Answer = { status: number; body: Buffer };

const HEAD_END = Buffer.from('\r\n\r\n');
const LINE_END = Buffer.from('\r\n');

export class AnswerReader {
  #bytes: Buffer = Buffer.alloc(0);
  #waiting: { resolve: (answer: Answer) => void; reject: (error: Error) => void } | undefined;

  constructor(socket: Socket) {
    const fail = (error?: Error) => this.#waiting?.reject(error ?? new Error('the server closed the connection'));
    socket.on('data', (bytes) => this.#take(bytes as Buffer));
    socket.on('error', fail);
    socket.on('close', () => fail());
  }

  /** The next answer. To be called when its request was sent, and not again before it has resolved. */
  next(): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
  }

  #take(bytes: Buffer): void {
    this.#bytes = this.#bytes.length === 0 ? bytes : Buffer.concat([this.#bytes, bytes]);
    const parsed = parseAnswer(this.#bytes);
    if (!parsed) return;
    this.#bytes = this.#bytes.subarray(parsed.length);
    this.#waiting?.resolve(parsed);
  }
}

/** The answer at the start of the bytes, and how many of them it is; null where it is not whole yet. */
export function parseAnswer(bytes: Buffer): (Answer & { length: number }) | null {
  const end = bytes.indexOf(HEAD_END);
  if (end < 0) return null;
  const head = bytes.toString('latin1', 0, end);
  const status = Number(head.slice(9, 12));
  const start = end + HEAD_END.length;
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  if (length !== undefined) {
    const whole = start + Number(length);
    return bytes.length < whole ? null : { status, body: bytes.subarray(start, whole), length: whole };
  }
  if (!/\r\ntransfer-encoding: *chunked/i.test(head)) return { status, body: Buffer.alloc(0), length: start };
  const chunks: Buffer[] = [];
  for (let at = start; ; ) {
    const line = bytes.indexOf(LINE_END, at);
    if (line < 0) return null;
    const size = Number.parseInt(bytes.toString('latin1', at, line), 16);
    const after = line + 2 + size + 2;
    if (bytes.length < after) return null;
    if (size === 0) return { status, body: Buffer.concat(chunks), length: after };
    chunks.push(bytes.subarray(line + 2, line + 2 + size));
    at = after;
  }
}
