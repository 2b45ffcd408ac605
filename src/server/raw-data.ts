// Answers whose data is JSON text already: PostgreSQL wrote it, and it is spliced into the response as it is.
import type { FormattedExecutionResult } from 'graphql';

/** The `data` of a result as JSON text. */
export class RawData {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** The JSON of a result, in the order that the specification recommends: errors first, then data and extensions. */
export function stringifyResult({ errors, data, extensions, ...rest }: FormattedExecutionResult): string {
  if (!((data as unknown) instanceof RawData)) return JSON.stringify({ ...(errors && { errors }), data, extensions, ...rest });
  const parts = [`"data":${(data as unknown as RawData).text}`];
  if (errors) parts.unshift(`"errors":${JSON.stringify(errors)}`);
  if (extensions) parts.push(`"extensions":${JSON.stringify(extensions)}`);
  return `{${parts.join(',')}}`;
}
