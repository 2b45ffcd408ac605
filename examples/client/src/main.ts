// Lists customers page by page, records an interaction, and follows the feed until that one comes by:
//   TRATO_API_KEY=… node examples/client/src/main.ts
import { randomUUID } from 'node:crypto';
import { connect } from './client.ts';
import { CustomersPage, EndOfLog, Recorded, RecordInteraction } from './documents.ts';
import type { CustomersPageQuery } from './gql/graphql.ts';

const { TRATO_URL = 'http://localhost:4000/graphql', TRATO_API_KEY, PAGE_SIZE = '25' } = process.env;
if (!TRATO_API_KEY) throw new Error('set TRATO_API_KEY');
const api = connect(TRATO_URL, TRATO_API_KEY);

type Customer = CustomersPageQuery['customers']['nodes'][number];

async function* customers(): AsyncGenerator<Customer> {
  let page: CustomersPageQuery['customers'];
  let after: string | null = null;
  do {
    ({ customers: page } = await api.send(CustomersPage, { first: Number(PAGE_SIZE), after }));
    console.log(`a page of ${page.nodes.length}`);
    yield* page.nodes;
    after = page.pageInfo.endCursor;
  } while (page.pageInfo.hasNextPage);
}

/** Where the event log ends now: a feed from here on misses nothing of what is done next. */
async function endOfLog(): Promise<string> {
  for await (const { events } of api.follow(EndOfLog, {})) if ('cursor' in events) return events.cursor;
  throw new Error('the feed ended');
}

async function record(customer: Customer): Promise<string> {
  const { interactionRecord } = await api.send(RecordInteraction, {
    input: { customer: { id: customer.id }, kind: 'enquiry', channel: 'email', direction: 'INBOUND', subject: 'Do you ship to Norway?' },
    // Sent again with the same key after a lost answer, it is recorded once.
    key: randomUUID(),
  });
  const [problem] = interactionRecord.userErrors;
  if (problem || !interactionRecord.interaction) throw new Error(problem?.message ?? 'this key does not see interactions');
  return interactionRecord.interaction.id;
}

async function main(): Promise<void> {
  let last: Customer | undefined;
  for await (const customer of customers()) {
    console.log(`${customer.displayName}, ${customer.stage?.name ?? 'no stage'}`);
    last = customer;
  }
  if (!last) throw new Error('there are no customers yet');
  const after = await endOfLog();
  const recorded = await record(last);
  for await (const { interactionRecorded: found } of api.follow(Recorded, { after })) {
    console.log(`feed: ${found.subject} from ${found.customer.displayName}`);
    if (found.id === recorded) return;
  }
}

await main().finally(() => api.close());
