// Clients of the event feed that break off at random and resume by cursor, over either transport, from any process.
import { createClient as streamClient } from 'graphql-sse';
import { createClient as socketClient } from 'graphql-ws';
import { WebSocket } from 'ws';

export type Transport = 'ws' | 'sse' | 'sse-single';

export type FeedClient = {
  transport: Transport;
  /** How many events came. */
  count(): number;
  /** The last change that came of each customer. */
  last: Map<string, number>;
  /** What came wrongly: out of order, twice, or not at all. */
  faults: string[];
  /** How often it began, and how often it was told that it had lagged. */
  begun(): number;
  lagged(): number;
  stop(): void;
};

export type ClientPlan = {
  transport: Transport;
  /** Where to connect, asked each time. */
  origin: () => string;
  key: string;
  /** How many items a connection may bring on the average before it breaks off; it never does without. */
  breakAfter?: number;
};

type Item = { __typename: string; cursor: string; subjectId: string; data: { after: { n: number } } };
type Result = { data?: { events: Item } | null; errors?: readonly unknown[] };

const query = `subscription ($after: String) { events(after: $after, types: ["customer.updated"]) { __typename
  ... on Event { cursor subjectId data } ... on FeedCaughtUp { cursor } ... on FeedLagged { cursor } } }`;

/** Follows the whole log from its beginning until it is stopped. */
export function startFeedClient(plan: ClientPlan): FeedClient {
  const last = new Map<string, number>();
  const faults: string[] = [];
  let cursor = Buffer.from('event:0').toString('base64url');
  let [count, begun, lagged] = [0, 0, 0];
  let stopped = false;
  let cut = () => {};

  function take({ __typename, cursor: reached, subjectId, data }: Item): void {
    cursor = reached;
    if (__typename === 'FeedLagged') lagged++;
    if (__typename !== 'Event') return;
    const [before, n] = [last.get(subjectId) ?? 0, data.after.n];
    if (n !== before + 1 && faults.length < 5) faults.push(`${subjectId}: ${n} after ${before}`);
    last.set(subjectId, n);
    count++;
  }

  function begin(): void {
    if (stopped) return;
    begun++;
    let left = plan.breakAfter === undefined ? Number.POSITIVE_INFINITY : Math.ceil(-Math.log(Math.random()) * plan.breakAfter);
    let over = false;
    const finish = () => {
      if (over) return;
      over = true;
      close();
      // Not in the same tick: what came with the last item must not be taken by a connection that is over.
      setTimeout(begin, 5);
    };
    const close = connect(
      plan,
      { after: cursor },
      (result) => {
        if (over || stopped) return;
        if (result.data) take(result.data.events);
        if (!result.data || --left <= 0) finish();
      },
      finish,
    );
    cut = close;
  }

  begin();
  return {
    transport: plan.transport,
    count: () => count,
    last,
    faults,
    begun: () => begun,
    lagged: () => lagged,
    stop() {
      stopped = true;
      cut();
    },
  };
}

/** Subscribes; gives the way to break off without a word. */
function connect(plan: ClientPlan, variables: object, next: (result: Result) => void, ended: () => void): () => void {
  const { transport, key } = plan;
  const sink = { next: (result: unknown) => next(result as Result), error: ended, complete: ended };
  const request = { query, variables: variables as Record<string, unknown> };
  if (transport !== 'ws') {
    const headers = { authorization: `Bearer ${key}` };
    const client = streamClient({
      url: `${plan.origin()}/graphql/stream`,
      headers,
      retryAttempts: 0,
      singleConnection: transport === 'sse-single',
    });
    client.subscribe(request, sink);
    return () => client.dispose();
  }
  let socket: WebSocket | undefined;
  class Watched extends WebSocket {
    constructor(address: string, protocols?: string | string[]) {
      super(address, protocols);
      socket = this;
      // A socket cut before it was open.
      this.on('error', () => undefined);
    }
  }
  const url = `${plan.origin().replace('http', 'ws')}/graphql`;
  const client = socketClient({
    url,
    webSocketImpl: Watched,
    connectionParams: { Authorization: `Bearer ${key}` },
    retryAttempts: 0,
    onNonLazyError() {},
  });
  client.subscribe(request, sink);
  return () => socket?.terminate();
}
