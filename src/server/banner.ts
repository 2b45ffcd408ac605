// What a person needs once the server is ready, on standard output.
import type { KeyToShow } from './administrator-key.ts';
import { GRAPHQL_PATH } from './http.ts';

export type BannerFacts = { host: string; port: number; key: KeyToShow; explorer: boolean; seconds: number };

const FIRST_QUERY = '{ customers(first: 3) { nodes { id displayName } } }';

/** The lines to print, the last of them a command to paste. */
export function banner({ host, port, key, explorer, seconds }: BannerFacts): string {
  const origin = `http://${displayHost(host)}:${port}`;
  const api = `${origin}${GRAPHQL_PATH}`;
  const bearer = key.from === 'FILE' ? key.key : key.from === 'SETTING' ? '$TRATO_API_KEY' : '<your API key>';
  const page = key.from === 'FILE' ? `${origin}/#key=${key.key}` : `${origin}/`;
  const keyText = { FILE: bearer, SETTING: 'the one in TRATO_API_KEY', UNKNOWN: 'the one that this database was first started with' }[
    key.from
  ];
  return [
    '',
    `Trato is ready after ${seconds.toFixed(1)} s.`,
    '',
    `  API       ${api}`,
    ...(explorer ? [`  Explorer  ${page}`] : []),
    `  API key   ${keyText}`,
    '',
    `  curl ${api} -H 'content-type: application/json' -H "authorization: Bearer ${bearer}" -d '${JSON.stringify({ query: FIRST_QUERY })}'`,
    '',
    '',
  ].join('\n');
}

/** A host to put into a URL: one that means every address of the machine is reached as localhost. */
function displayHost(host: string): string {
  if (['127.0.0.1', '0.0.0.0', '::', '::1'].includes(host)) return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}
