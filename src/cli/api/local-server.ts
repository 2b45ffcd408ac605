import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { failure } from '../failure.ts';

/** Where the server of this machine listens, as `npm start` would: PORT, else 4000. */
export const localUrl = (): string => `http://127.0.0.1:${process.env.PORT || 4000}/graphql`;

/** The API key to use when none is given: TRATO_API_KEY, else the one the local server stored at its first start. */
export function localKey(): string {
  const fromEnvironment = process.env.TRATO_API_KEY?.trim();
  if (fromEnvironment) return fromEnvironment;
  const file = join(resolve(process.env.TRATO_DATA_DIR || '.trato'), 'api-key');
  try {
    const key = readFileSync(file, 'utf8').trim();
    if (key) return key;
  } catch (cause) {
    throw failure('API_KEY_MISSING', `no API key: none given and ${file} cannot be read`, {
      cause,
      hint: 'Give --key or TRATO_API_KEY, or start the local server once (npm start), which stores one.',
    });
  }
  throw failure('API_KEY_MISSING', `no API key: ${file} is empty`, { hint: 'Give --key or TRATO_API_KEY.' });
}
