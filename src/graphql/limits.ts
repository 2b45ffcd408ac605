// What one request, and one credential over time, may ask for. `viewer.limits` publishes these figures, docs/limits.md
// explains them, and every refusal names the limit, the value and the maximum.

/** The limits that a server is configured with; those of pages, filters and bulk calls are constants beside their code. */
export type Limits = {
  /** How deep fields may be nested in an operation. */
  depth: number;
  /** Most lists of types and fields inside each other in a question about the schema. */
  introspectionDepth: number;
  /** Most aliases of an operation, its fragments unfolded. */
  aliases: number;
  /** Most tokens of a document. */
  tokens: number;
  /** Most directives of an operation, its fragments unfolded. */
  directives: number;
  /** Most directives of one field or fragment. */
  directivesPerField: number;
  /** Most fields at the root of an operation. */
  rootFields: number;
  /** Most fields of an operation once its fragments are unfolded. */
  selections: number;
  /** How often one field may be repeated in one selection. */
  repeats: number;
  /** Most problems told of an invalid document. */
  validationErrors: number;
  /** Largest body of an HTTP request, in bytes. */
  bodyBytes: number;
  /** Points of the most expensive operation that is run. */
  costMaximum: number;
  /** Points that a credential can save up. */
  costBudget: number;
  /** Points that a credential gets back each second. */
  costRestore: number;
  /** The same two for whoever sends no credential, by address and in each process. */
  anonymousBudget: number;
  anonymousRestore: number;
  /** How long PostgreSQL works on one statement of a request, in milliseconds; 0: as long as it takes. */
  statementTimeoutMs: number;
};

/** The limits unless settings say otherwise; docs/limits.md says why these. */
export const defaultLimits: Limits = {
  depth: 15,
  introspectionDepth: 2,
  aliases: 100,
  tokens: 2_000,
  directives: 50,
  directivesPerField: 5,
  rootFields: 20,
  selections: 10_000,
  repeats: 10,
  validationErrors: 20,
  bodyBytes: 5_000_000,
  costMaximum: 50_000,
  costBudget: 10_000_000,
  costRestore: 200_000,
  anonymousBudget: 50_000,
  anonymousRestore: 500,
  statementTimeoutMs: 15_000,
};

let configured = defaultLimits;

/** Sets the limits of this process, for what is held to them without a request: the documents of webhooks. */
export function configureLimits(limits: Limits): void {
  configured = limits;
}

/** The limits of this process. */
export function configuredLimits(): Limits {
  return configured;
}

/** A context that knows the limits of its server. */
export type WithLimits = { limits: Limits };

/** The limits of the server that a context belongs to; the defaults where it belongs to none. */
export function limitsOf(ctx: object): Limits {
  return 'limits' in ctx ? (ctx as WithLimits).limits : defaultLimits;
}
