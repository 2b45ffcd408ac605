// The explorer page in the browser: GraphiQL with Trato's first queries, and the API key kept for this browser tab only.
// Plain JavaScript: it is served as it stands. React, ReactDOM, GraphiQL and graphqlWs come from the scripts before it.

const { React, ReactDOM, GraphiQL, graphqlWs } = window;
const HEADERS_KEY = 'trato:explorer:headers';
const HISTORY_KEYS = ['graphiql:queries', 'graphiql:favorites'];

const FIRST_QUERY = `# Ctrl-Enter runs it. The key goes into Headers below:
# {"Authorization": "Bearer <api key>"}
query FirstCustomers {
  customers(first: 5) {
    nodes {
      id
      displayName
    }
  }
}
`;

const FIRST_SUBSCRIPTION = `# Run it and leave it open: each interaction recorded
# from now on appears at the right.
subscription LiveInteractions {
  interactionRecorded {
    id
    subject
    customer {
      displayName
    }
  }
}
`;

const NEW_TAB = `query {
  viewer {
    __typename
  }
}
`;

const container = document.getElementById('explorer');
const endpoint = container.dataset.endpoint;

// GraphiQL's menus and dialogs insert a style element; the page's policy lets it in by this nonce.
window.__webpack_nonce__ = container.dataset.nonce;

/** Takes `#key=…` out of the address bar and into the headers of this browser tab. Says whether there was one. */
function takeKeyFromAddress() {
  const found = /^#key=(.+)$/.exec(window.location.hash);
  if (!found) return false;
  window.history.replaceState(null, '', window.location.pathname + window.location.search);
  const headers = { Authorization: `Bearer ${decodeURIComponent(found[1])}` };
  sessionStorage.setItem(HEADERS_KEY, JSON.stringify(headers, null, 2));
  return true;
}

function storedHeaders() {
  return sessionStorage.getItem(HEADERS_KEY) ?? '';
}

/** Rewrites the headers of every query in a stored history, whose shape is `{ queries: [{ query, headers, … }] }`. */
function withHistoryHeaders(text, headers) {
  return JSON.stringify(JSON.parse(text), (_key, value) => {
    const isEntry = value !== null && typeof value === 'object' && typeof value.query === 'string';
    return isEntry ? { ...value, headers } : value;
  });
}

/** GraphiQL's tabs, history and settings, in localStorage; but never a header, which would leave a key on the disk. */
const storage = {
  getItem(key) {
    const text = localStorage.getItem(key);
    return text !== null && HISTORY_KEYS.includes(key) ? withHistoryHeaders(text, storedHeaders()) : text;
  },
  setItem(key, text) {
    localStorage.setItem(key, HISTORY_KEYS.includes(key) ? withHistoryHeaders(text, undefined) : text);
  },
  removeItem(key) {
    localStorage.removeItem(key);
  },
  clear() {
    sessionStorage.removeItem(HEADERS_KEY);
    for (const key of Object.keys(localStorage)) if (key.startsWith('graphiql:')) localStorage.removeItem(key);
  },
  get length() {
    return Object.keys(localStorage).filter((key) => key.startsWith('graphiql:')).length;
  },
};

/** One WebSocket client per set of headers, since a connection keeps the credential it was opened with. */
const clients = new Map();
function clientFor(headers) {
  const id = JSON.stringify(headers);
  let client = clients.get(id);
  if (!client) {
    const url = new URL(endpoint, window.location.href);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    client = graphqlWs.createClient({
      url: url.href,
      connectionParams: headers,
      // A refused credential is refused again: say so at once.
      shouldRetry: (event) => event instanceof CloseEvent && event.code !== 4403,
    });
    clients.set(id, client);
  }
  return client;
}

/** A fetcher for GraphiQL: subscriptions over the socket, the rest over HTTP. A new one makes GraphiQL read the schema again. */
function makeFetcher() {
  const overHttp = GraphiQL.createFetcher({ url: endpoint });
  return (params, options) => {
    const { operationName, isSubscription } = operationOf(params);
    const request = { ...params, operationName };
    if (isSubscription) return liveResults(clientFor(options?.headers ?? {}), request);
    return overHttp(request, { headers: options?.headers });
  };
}

/** The results of a subscription as they come; a failure is the last of them, in the form of any other GraphQL result. */
function liveResults(client, request) {
  const source = client.iterate(request);
  let ended = false;
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      if (ended) return { done: true, value: undefined };
      try {
        return await source.next();
      } catch (reason) {
        ended = true;
        return { done: false, value: { errors: errorsOf(reason) } };
      }
    },
    return: () => source.return(),
  };
}

/** GraphQL errors for what a socket fails with: a list of them, the event of its closing, or anything thrown. */
function errorsOf(reason) {
  if (Array.isArray(reason)) return reason;
  if (reason instanceof CloseEvent)
    return [{ message: `The live connection was closed: ${reason.code} ${reason.reason}`.trim() }];
  return [{ message: reason instanceof Error ? reason.message : 'The live connection failed.' }];
}

/**
 * Reads the operation from the text that is sent. GraphiQL works it out a moment after the last key, so that a query
 * run straight after pasting would go out under the name of the one before, and a subscription as a query.
 */
function operationOf({ query, operationName }) {
  try {
    const { definitions } = GraphiQL.GraphQL.parse(query);
    const operations = definitions.filter((definition) => definition.kind === 'OperationDefinition');
    const chosen =
      operations.length === 1 ? operations[0] : operations.find(({ name }) => name?.value === operationName);
    return {
      operationName: chosen ? chosen.name?.value : operationName,
      isSubscription: chosen?.operation === 'subscription',
    };
  } catch {
    return { operationName, isSubscription: false }; // not parsable: the server says what is wrong with it
  }
}

function authorizationOf(headers) {
  try {
    const entry = Object.entries(JSON.parse(headers)).find(([name]) => name.toLowerCase() === 'authorization');
    return entry?.[1];
  } catch {
    return undefined;
  }
}

takeKeyFromAddress();
window.addEventListener('hashchange', () => {
  if (takeKeyFromAddress()) window.location.reload();
});

function Explorer() {
  const [headers, setHeaders] = React.useState(storedHeaders);
  const [authorization, setAuthorization] = React.useState(() => authorizationOf(headers));
  // Made anew with the credential: another one may see another schema
  const fetcher = React.useMemo(makeFetcher, [authorization]);

  React.useEffect(() => {
    const timer = setTimeout(() => setAuthorization((current) => authorizationOf(headers) ?? current), 400);
    return () => clearTimeout(timer);
  }, [headers]);

  const keepHeaders = React.useCallback((value) => {
    sessionStorage.setItem(HEADERS_KEY, value);
    setHeaders(value);
  }, []);

  return React.createElement(
    GraphiQL,
    {
      fetcher,
      storage,
      defaultHeaders: headers,
      onEditHeaders: keepHeaders,
      shouldPersistHeaders: false,
      showPersistHeadersSettings: false,
      defaultEditorToolsVisibility: 'headers',
      defaultQuery: NEW_TAB,
      defaultTabs: [{ query: FIRST_QUERY }, { query: FIRST_SUBSCRIPTION }],
      inputValueDeprecation: true,
      schemaDescription: true,
    },
    React.createElement(GraphiQL.Logo, null, 'Trato'),
  );
}

ReactDOM.createRoot(container).render(React.createElement(Explorer));
