// Trato itself, with one customer, for the explorer's tests.
import { startTestServer } from './server.ts';

/** What the explorer's tests need of a server; `record` makes an interaction that open subscriptions receive. */
export type ExplorerServer = {
  url: string;
  key: string;
  customerName: string;
  record(subject: string): Promise<void>;
  subscribers(): number;
  close(): Promise<void>;
};

const CUSTOMER = { displayName: 'Ada Example', identities: [{ kind: 'EMAIL', value: 'ada@example.org' }] };
const CREATE = 'mutation ($input: CustomerCreateInput!) { customerCreate(input: $input) { userErrors { code } } }';
const RECORD = 'mutation ($input: InteractionRecordInput!) { interactionRecord(input: $input) { userErrors { code } } }';

export async function startExplorerServer(): Promise<ExplorerServer> {
  const server = await startTestServer();
  await server.query(CREATE, { input: CUSTOMER });
  return {
    url: server.origin,
    key: server.adminKey,
    customerName: CUSTOMER.displayName,
    async record(subject) {
      const customer = { identity: { kind: 'EMAIL', value: 'ada@example.org' } };
      await server.query(RECORD, { input: { customer, subject, kind: 'enquiry', channel: 'email', direction: 'INBOUND' } });
    },
    subscribers: () => server.events.hub.followers(),
    close: () => server.stop(),
  };
}
