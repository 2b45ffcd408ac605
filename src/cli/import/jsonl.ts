// JSON Lines: one object a line.

import type { Decoded, Decoder, Position } from './decoded.ts';
import { frameProblem, invalidUtf8, rawText, utf8Text } from './decoded.ts';
import type { SourceValues } from './expression.ts';
import type { Frame } from './framer.ts';
import { createFramer } from './framer.ts';

const problem = (frame: Frame, code: string, message: string): Decoded => ({
  frame,
  problem: { code, message, path: [] },
  raw: rawText(frame),
});

function decodeLine(frame: Frame, trim: boolean): Decoded {
  if (frame.problem) return { frame, problem: frameProblem(frame), raw: rawText(frame) };
  const text = utf8Text(frame.bytes);
  if (text === undefined) return { frame, problem: invalidUtf8(frame), raw: rawText(frame) };
  try {
    const value: unknown = JSON.parse(text);
    if (value === null || typeof value !== 'object' || Array.isArray(value))
      return problem(frame, 'INVALID_JSON', `line ${frame.line} is not an object`);
    return { frame, values: trim ? trimmed(value as SourceValues) : (value as SourceValues) };
  } catch (error) {
    return problem(frame, 'INVALID_JSON', `line ${frame.line} is not JSON: ${(error as Error).message}`);
  }
}

const trimmed = (values: SourceValues): SourceValues =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [key, typeof value === 'string' ? value.trim() : value]));

/** Makes the decoder of a JSON Lines file. */
export function createJsonlDecoder(start: Position, trim: boolean): Decoder {
  return {
    columns: () => undefined,
    *decode(frames) {
      for (const frame of frames) {
        if (frame.bytes.length > 0 && frame.bytes.some((byte) => byte !== 32 && byte !== 9)) yield decodeLine(frame, trim);
      }
    },
    framer: createFramer({ offset: start.offset, line: start.line }),
  };
}
