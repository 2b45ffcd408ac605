// The types of values that plugins put into the API, typed: `v.int()` is GraphQL's Int and TypeScript's number.

/** An exact number as text, at most 15 digits before and 4 after the point, as PostgreSQL answers `numeric`. */
export type Decimal = string;

/** A GraphQL output type, and the TypeScript type `T` of its values. */
export type Value<T> = {
  /** Name of the GraphQL type, without list and null. */
  readonly type: string;
  /** A core record: values are its UUIDs. */
  readonly record?: true;
  readonly list?: Value<unknown>;
  /** Of a list: how many values it can have. */
  readonly most?: number;
  readonly nullable?: true;
  /** Of an enum: its values. */
  readonly values?: readonly string[];
  /** Only for the compiler. */
  readonly __value?: T;
};

export type ValueOf<V> = V extends Value<infer T> ? T : never;

export type Money = { amount: Decimal; currency: string };

/** The types that fields, payloads and arguments' answers are made of. */
export const v = {
  int: (): Value<number> => ({ type: 'Int' }),
  float: (): Value<number> => ({ type: 'Float' }),
  /** At most 100,000 characters: a longer one makes its field null with PLUGIN_UNAVAILABLE. */
  string: (): Value<string> => ({ type: 'String' }),
  boolean: (): Value<boolean> => ({ type: 'Boolean' }),
  dateTime: (): Value<Date> => ({ type: 'DateTime' }),
  /** `2026-11-23` */
  date: (): Value<string> => ({ type: 'Date' }),
  decimal: (): Value<Decimal> => ({ type: 'Decimal' }),
  money: (): Value<Money> => ({ type: 'Money' }),
  /** At most 100,000 characters as text. */
  json: (): Value<unknown> => ({ type: 'JSON' }),
  /** A core record such as `Customer`, by its UUID: read with the caller's rights, in batches; null where the caller does not see it. */
  record: (type: string): Value<string> => ({ type, record: true }),
  /** At most 1,000 values, or `most`, which then also tells its cost. More make its field null with PLUGIN_UNAVAILABLE. */
  list: <T>(of: Value<T>, most?: number): Value<T[]> => ({ type: of.type, list: of, ...(most !== undefined && { most }) }),
  /** May be null. */
  optional: <T>(of: Value<T>): Value<T | null> => ({ ...of, nullable: true }) as Value<T | null>,
} as const;
