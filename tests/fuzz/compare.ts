// Whether an engine's answer is the oracle's.
import type { OracleAnswer, OracleError } from '../support/oracle/index.ts';

/** `path`: its parts, joined by dots; empty for an error of the whole request. */
export type EngineError = { code: string; path: string };
export type EngineAnswer = { data: unknown; errors: EngineError[] };

const keyOf = ({ code, path }: EngineError | OracleError) =>
  `${code} at ${(typeof path === 'string' ? path : path.join('.')) || 'the top'}`;
const placeOf = ({ nulled }: OracleError) => JSON.stringify(nulled);

/**
 * What is different, in words; null when nothing is. Data must be the same to the order of its keys. Of several errors that
 * take away the same part of an answer, GraphQL leaves open which are told: one of them must be, and none that there is not.
 */
export function differenceOf(expected: OracleAnswer, found: EngineAnswer): string | null {
  return dataDifference(expected.data ?? null, found.data ?? null, '') ?? errorDifference(expected.errors, found.errors);
}

function dataDifference(expected: unknown, found: unknown, path: string): string | null {
  if (JSON.stringify(expected) === JSON.stringify(found)) return null;
  const says = `data${path}: expected ${shown(expected)}, found ${shown(found)}`;
  if (!isObject(expected) || !isObject(found) || Array.isArray(expected) !== Array.isArray(found)) return says;
  const [keys, others] = [Object.keys(expected), Object.keys(found)];
  for (const key of keys) {
    const inner = key in found ? dataDifference(expected[key], found[key], `${path}.${key}`) : null;
    if (inner) return inner;
  }
  return keys.join() === others.join() ? says : `data${path}: expected the keys ${keys.join()}, found ${others.join()}`;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function shown(value: unknown): string {
  return (JSON.stringify(value) ?? 'nothing').slice(0, 300);
}

function errorDifference(expected: OracleError[], found: EngineError[]): string | null {
  const known = new Map(expected.map((error) => [keyOf(error), error]));
  const strange = found.find((error) => !known.has(keyOf(error)));
  if (strange) return `an error that is none: ${keyOf(strange)}; there are ${[...known.keys()].slice(0, 8).join(', ') || 'none'}`;
  const told = new Set(found.map((error) => placeOf(known.get(keyOf(error))!)));
  const untold = expected.find((error) => !told.has(placeOf(error)) && !expected.some((other) => covers(other, error)));
  return untold ? `an error that was not told: ${keyOf(untold)}` : null;
}

/** Whether one error takes away what is around the part that the other takes away. */
function covers({ nulled: outer }: OracleError, { nulled: inner }: OracleError): boolean {
  if (inner === null) return false;
  return outer === null || (outer.length < inner.length && outer.every((part, i) => part === inner[i]));
}
