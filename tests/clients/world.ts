// A server with a few customers for clients to page through.
import { bulk } from '../support/core.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

export const NAMES = ['Ada', 'Ben', 'Cleo', 'Dev', 'Elif'];

/** Starts a server whose customers, by name, are NAMES. */
export async function startWorld(options?: Parameters<typeof startTestServer>[0]): Promise<TestServer> {
  const server = await startTestServer(options);
  const rows = NAMES.map((displayName) => ({ displayName, externalId: { system: 'erp', value: displayName } }));
  await bulk(server, 'customersUpsert', rows);
  return server;
}

/** An interaction with one of them. */
export const contact = (name: string, subject: string) => ({
  customer: { externalId: { system: 'erp', value: name } },
  kind: 'enquiry',
  channel: 'email',
  direction: 'INBOUND',
  subject,
});
