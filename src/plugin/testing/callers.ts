// Speaking to the API of a test host as its callers do: over HTTP, with a key.

// biome-ignore lint/suspicious/noExplicitAny: data has the shape of the operation that the test wrote
export type Data = any;

export type TestError = {
  message: string;
  path?: (string | number)[];
  extensions: { code: string; plugin?: string } & Record<string, unknown>;
};
export type TestAnswer<T = Data> = { status: number; data: T; errors: TestError[] };

/** Somebody with a key. */
export type TestCaller = {
  /** For the header `authorization: Bearer <key>`. */
  key: string;
  /** The data of an operation that must succeed. */
  query<T = Data>(document: string, variables?: Record<string, unknown>): Promise<T>;
  /** Data and errors of any operation. */
  answer<T = Data>(document: string, variables?: Record<string, unknown>): Promise<TestAnswer<T>>;
};

export type TestWorkspace = TestCaller & {
  /** UUID. */
  workspaceId: string;
  /** Somebody whose role has these permissions and no other: `as(['customers:read', 'loyalty:read'])`. */
  as(permissions: string[], role?: { rowScopes?: object[]; hiddenFields?: string[] }): Promise<TestCaller>;
  /** Makes a customer; answers its id. Input as `customerCreate` takes it; a person with a made-up name unless told. */
  makeCustomer(input?: Record<string, unknown>): Promise<string>;
  /** Records an interaction; answers its id. Input as `interactionRecord` takes it; an inbound enquiry by e-mail unless told. */
  recordInteraction(input: { customer: string } & Record<string, unknown>): Promise<string>;
};

/** Somebody with this key at the API of this URL. */
export function callerOf(url: string, key: string): TestCaller {
  async function answer<T>(query: string, variables: Record<string, unknown> = {}): Promise<TestAnswer<T>> {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
      body: JSON.stringify({ query, variables }),
    });
    const { data, errors = [] } = (await response.json()) as Partial<TestAnswer<T>>;
    return { status: response.status, data: data as T, errors };
  }
  return {
    key,
    answer,
    async query<T>(document: string, variables?: Record<string, unknown>) {
      const { data, errors } = await answer<T>(document, variables);
      if (errors.length > 0) throw new Error(errors.map(({ message, extensions }) => `${extensions.code}: ${message}`).join('; '));
      return data;
    },
  };
}

let made = 0;

/** The workspace that an administrator's key opens. */
export function workspaceOf(url: string, workspaceId: string, key: string): TestWorkspace {
  const admin = callerOf(url, key);
  async function mutate(name: string, input: object, selection: string): Promise<Data> {
    const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}Input`;
    const document = `mutation ($input: ${type}!) { ${name}(input: $input) { ${selection} userErrors { code message path } } }`;
    const payload = (await admin.query(document, { input }))[name];
    if (payload.userErrors.length > 0) throw new Error(`${name}: ${JSON.stringify(payload.userErrors)}`);
    return payload;
  }
  return {
    ...admin,
    workspaceId,
    async as(permissions, role = {}) {
      const name = `test_${++made}`;
      await mutate('roleCreate', { key: name, name, permissions, ...role }, 'role { id }');
      return callerOf(url, (await mutate('apiKeyCreate', { name, role: name }, 'key')).key);
    },
    makeCustomer: async (input = {}) =>
      (await mutate('customerCreate', { kind: 'PERSON', displayName: `Customer ${++made}`, ...input }, 'customer { id }')).customer.id,
    async recordInteraction({ customer, ...input }) {
      const whole = { customer: { id: customer }, kind: 'enquiry', channel: 'email', direction: 'INBOUND', ...input };
      return (await mutate('interactionRecord', whole, 'interaction { id }')).interaction.id;
    },
  };
}
