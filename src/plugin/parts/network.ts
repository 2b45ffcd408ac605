// The capability `network`: requests to public addresses only.
import { guardedRequest } from '../../lib/guarded-request.ts';
import type { NetworkHost } from '../host.ts';
import type { PartMaker } from '../loaded.ts';

const TIMEOUT_MS = 10_000;
const MOST_BYTES = 1_000_000;

export const networkPart: PartMaker<NetworkHost> =
  (plugin) =>
  async (url, init = {}) => {
    const answer = await guardedRequest(url, {
      method: init.method ?? 'GET',
      headers: { 'user-agent': `trato-plugin-${plugin.id}/${plugin.definition.version}`, ...lowerCase(init.headers) },
      ...(init.body !== undefined && { body: init.body }),
      ...(init.signal && { signal: init.signal }),
      timeoutMs: TIMEOUT_MS,
      maxBytes: MOST_BYTES,
    });
    if (answer.truncated) throw new Error(`the answer of ${new URL(url).host} has more than ${MOST_BYTES} bytes`);
    return { status: answer.status, headers: flat(answer.headers), text: () => answer.body, json: () => JSON.parse(answer.body) };
  };

function lowerCase(headers: Record<string, string> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

function flat(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value ?? []].flat().join(', ')]));
}
