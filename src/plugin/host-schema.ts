// Adding to the API. Names are given without the plugin's prefix: `points` on Customer becomes `loyaltyPoints`.
import type { z } from 'zod';
import type { CallContext, PluginEvent, WriteCallContext } from './contexts.ts';
import type { Value, ValueOf } from './values.ts';

type Described<V> = { description: string; value: V };

export type SchemaHost<Scope extends string> = {
  /** An object type: `type('Tier', …)` becomes `LoyaltyTier`. Its values are the objects that other parts give. */
  type<const F extends Record<string, Described<Value<unknown>>>>(
    name: string,
    type: { description: string; fields: F },
  ): Value<{ [K in keyof F]: ValueOf<F[K]['value']> }>;
  /** An enum whose values stand for themselves. */
  enum<const E extends string>(name: string, type: { description: string; values: Record<E, string> }): Value<E>;
  /**
   * A field of a core type such as `Customer`. Always nullable: when `load` throws, or takes longer than `timeoutMs`, it is
   * null with the error PLUGIN_UNAVAILABLE, and nothing else is touched. `load` is called once for all records of a
   * page (at most 500) and gives what it knows of each.
   */
  field<T, A extends z.ZodRawShape = Record<never, never>>(
    type: string,
    name: string,
    field: {
      description: string;
      value: Value<T>;
      /** Who sees it: a scope that the plugin offers; null for those without. */
      scope?: Scope;
      args?: A;
      /** 1,000 unless told. */
      timeoutMs?: number;
      /** Points of cost of each value; 0 for scalars and 1 for objects unless told. */
      cost?: number;
      load(ctx: CallContext, ids: readonly string[], args: z.output<z.ZodObject<A>>): Promise<Map<string, T>>;
    },
  ): void;
  /** A root field that reads: `loyaltyTiers`. */
  query<T, A extends z.ZodRawShape = Record<never, never>>(
    name: string,
    field: {
      description: string;
      value: Value<T>;
      scope: Scope;
      args?: A;
      timeoutMs?: number;
      cost?: number;
      resolve(ctx: CallContext, args: z.output<z.ZodObject<A>>): Promise<T>;
    },
  ): void;
  /**
   * A mutation: `loyaltyPointsAdjust(input: LoyaltyPointsAdjustInput!)`, whose payload has the fields of `gives` (null when
   * refused) and `userErrors`. It is a command: one transaction, `@idempotent`, guards. `run` gives what the payload shows;
   * for a repeated call what it gave is told again, so it must be JSON.
   */
  mutation<A extends z.ZodRawShape, G extends Record<string, Described<Value<unknown>>>>(
    name: string,
    field: {
      description: string;
      scope: Scope;
      input: A;
      gives: G;
      run(ctx: WriteCallContext, input: z.output<z.ZodObject<A>>): Promise<{ [K in keyof G]: ValueOf<G[K]['value']> }>;
    },
  ): void;
  /** A subscription over the log, resumable with `after`, which webhooks can use too. */
  subscription<T, A extends z.ZodRawShape = Record<never, never>>(
    name: string,
    field: {
      description: string;
      value: Value<T>;
      scope: Scope;
      /** Types of the events it follows, those of the plugin with their prefix. */
      events: readonly string[];
      args?: A;
      /**
       * For each event what is told of it, or null for nothing, from its arguments alone: subscribers with the same `caller`, rights
       * and `args` are told by one call. Events whose subject the caller does not see never come,
       * nor do those that lost their data when a customer was erased. One that throws is asked again.
       */
      select(ctx: CallContext, events: readonly PluginEvent[], args: z.output<z.ZodObject<A>>): Promise<readonly (T | null)[]>;
    },
  ): void;
};
