// Refusals, by the codes of the API's catalogue.
import { GraphQLError } from 'graphql';
import type { ErrorCode } from '../../../src/graphql/errors.ts';

/** Throws an error with this code; messages are not compared. */
export function refuse(code: ErrorCode): never {
  throw new GraphQLError(code, { extensions: { code } });
}

/** Throws one unless the condition holds. */
export function demand(condition: boolean, code: ErrorCode): void {
  if (!condition) refuse(code);
}
