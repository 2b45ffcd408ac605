// Strategies that workspaces name as `<plugin>.<name>`: in lead criteria, territories and rules of the factory.
import type { ReadContext } from './contexts.ts';

export type StrategyHost = {
  /**
   * How much of a criterion's points customers get, from 0 to 1 each; those who are not told get none. Named by
   * `LeadCriterion.strategy`; the criterion's rule still says who can have points at all.
   */
  leadScore(name: string, score: (ctx: ReadContext, customerIds: readonly string[]) => Promise<Map<string, number>>): void;
  /**
   * Whom an identity belongs to that is not known yet: asked before a new customer is made of it. Null: nobody known. The
   * first strategy that knows somebody wins; the customer must be of the workspace and not archived.
   */
  identityMatch(
    name: string,
    match: (
      ctx: ReadContext,
      unknown: { identities: readonly { kind: string; system: string; value: string }[] },
    ) => Promise<string | null>,
  ): void;
  /** Who gets something: a user of the workspace who is not archived; null for nobody. Named by `strategyName` with the strategy PLUGIN. */
  ownerAssignment(name: string, assign: (ctx: ReadContext, what: { customerId: string | null }) => Promise<string | null>): void;
};
