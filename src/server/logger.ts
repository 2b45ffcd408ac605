// JSON logs on stderr. They hold request ids, operation names, durations, statuses and codes; no variables, headers,
// documents or personal data. `redact` is the second belt, for what somebody logs by mistake.
import { type DestinationStream, destination, type Logger, pino, symbols } from 'pino';
import { currentScope } from './request-scope.ts';

const secrets = [
  'authorization',
  'headers',
  'variables',
  'query',
  'document',
  'body',
  'password',
  'token',
  'apiKey',
  'key',
  'hash',
  'connectionString',
  'databaseUrl',
  'email',
  'phone',
];

/** Makes the logger of a server; `stream` is stderr unless told. */
export function createLogger(level: string, stream: DestinationStream = destination({ dest: 2, sync: true })): Logger {
  return pino(
    {
      level,
      base: { pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: secrets.flatMap((name) => [name, `*.${name}`]), censor: '[redacted]' },
      serializers: { err: describeError },
      mixin: (_fields, _level, logger) => requestIdFor(logger),
    },
    stream,
  );
}

/** Lines that are written while a request is answered name it, also where the log knows of none: that of a plugin. */
function requestIdFor(logger: Logger): object {
  const requestId = currentScope()?.requestId;
  const bound = (logger as unknown as Record<symbol, string | undefined>)[symbols.chindingsSym] ?? '';
  return requestId === undefined || bound.includes('"requestId":') ? {} : { requestId };
}

export type LoggedError = { type: string; code?: string; message?: string; constraint?: string; table?: string; stack?: string };

/**
 * What may be logged of an error. Messages of PostgreSQL and of parsers quote values, so quoted parts are cut out and
 * PostgreSQL's `detail`, `where` and the statement's values are left out; the stack has places only.
 */
export function describeError(error: unknown): LoggedError {
  if (!(error instanceof Error)) return { type: typeof error };
  const { code, constraint, table } = error as Error & { code?: unknown; constraint?: string; table?: string };
  return {
    type: error.name,
    ...(typeof code === 'string' && { code }),
    message: withoutQuotes(error.message).slice(0, 300),
    ...(constraint && { constraint }),
    ...(table && { table }),
    stack: framesOf(error),
  };
}

function withoutQuotes(text: string): string {
  return text.replaceAll(/"[^"]*"|'[^']*'|`[^`]*`|“[^”]*”/g, '"…"').replaceAll(/\S+@\S+/g, '…');
}

function framesOf(error: Error): string {
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return frames.slice(0, 15).join('\n');
}
