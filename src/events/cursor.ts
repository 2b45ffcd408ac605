// The cursor of every feed: the place of the last event seen, as text that clients do not read.

const MAX = 2n ** 63n - 1n;

/** A cursor that cannot be followed. */
export class EventCursorError extends Error {
  readonly code: 'CURSOR_INVALID' | 'CURSOR_AHEAD';

  constructor(code: 'CURSOR_INVALID' | 'CURSOR_AHEAD') {
    super(
      code === 'CURSOR_INVALID'
        ? 'This is not a cursor of the event log.'
        : 'This cursor points beyond the end of the event log: the log is older than the cursor, as after a backup was restored. Read your state anew and go on without a cursor.',
    );
    this.name = 'EventCursorError';
    this.code = code;
  }
}

/** Writes a place in the log as a cursor. */
export function encodeCursor(seq: bigint): string {
  return Buffer.from(`event:${seq}`).toString('base64url');
}

/** Reads a cursor; throws `CURSOR_INVALID` for anything that `encodeCursor` does not write. */
export function decodeCursor(text: string): bigint {
  const match = /^event:(0|[1-9]\d{0,18})$/.exec(Buffer.from(text, 'base64url').toString('latin1'));
  const seq = match ? BigInt(match[1]!) : -1n;
  if (seq < 0n || seq > MAX || encodeCursor(seq) !== text) throw new EventCursorError('CURSOR_INVALID');
  return seq;
}
