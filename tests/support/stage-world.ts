// A workspace in which stages are kept by rules about orders, for tests of what moves customers.
import sql from 'sql-template-tag';
import { encodeId } from '../../src/graphql/ids.ts';
import { customerCreate } from '../../src/modules/customers/index.ts';
import { interactionsRecord } from '../../src/modules/interactions/index.ts';
import { customerMoveToStage, lifecycleStageCommands } from '../../src/modules/lifecycle/index.ts';
import { drainRules } from '../../src/modules/rules/index.ts';
import { createTestDomain, type TestDomain } from './domain.ts';

export const DAY = 86_400_000;
/** The n-th day of 2024. */
export const day = (n: number) => new Date(Date.UTC(2024, 0, 1) + n * DAY);
export const orders = { kinds: ['order_placed'] };
/** The rule "at least so many orders". */
export const atLeast = (gte: number) => ({ interactions: { where: orders, count: { gte } } });
export const usualRules = { first_purchase: atLeast(1), repeat: atLeast(2), loyal: atLeast(4) };

export type Fact = { of: string; at: Date; ref?: string; kind?: string };
export type Entry = {
  customer_id: string;
  from_id: string | null;
  to_id: string;
  key: string;
  at: Date;
  automatic: boolean;
  reason: string;
};
// biome-ignore lint/suspicious/noExplicitAny: data of events of many types
export type Told = { type: string; data: any };

/** The world, with the usual rules applied. */
export async function createStageWorld() {
  const domain: TestDomain = await createTestDomain();
  let made = 0;
  const world = {
    domain,
    /** Gives first_purchase, repeat, loyal and lost these rules, and none to those that are not named. */
    async setRules(rules: Record<string, object | null>, returnable: string[] = []): Promise<void> {
      const rows = ['first_purchase', 'repeat', 'loyal', 'lost'].map((key) => ({
        key,
        name: key,
        rule: rules[key] ?? null,
        returnable: returnable.includes(key),
      }));
      await domain.done(lifecycleStageCommands.upsert, { rows });
    },
    make: async () => (await domain.done(customerCreate, { displayName: `Customer ${++made}` })).id,
    drain: () => drainRules(domain.db),
    record: (...facts: Fact[]) =>
      domain.done(interactionsRecord, {
        rows: facts.map(({ of, at, ref = String(++made), kind = 'order_placed' }) => ({
          customer: { id: encodeId('Customer', of) },
          kind,
          channel: 'web',
          direction: 'INBOUND',
          occurredAt: at,
          externalRef: { system: 'shop', value: ref },
        })),
      }),
    move: (customer: string, stage: string, occurredAt?: Date) =>
      domain.done(customerMoveToStage, { customer: { id: encodeId('Customer', customer) }, stage, ...(occurredAt && { occurredAt }) }),
    entriesOf: (ids: string[]) =>
      domain.db.query<Entry>(sql`select t.customer_id, t.from_id, t.to_id, s.key, t.occurred_at as at, t.automatic, t.reason
        from lifecycle_transitions t join lifecycle_stages s on s.id = t.to_id
        where t.customer_id = any(${ids}::uuid[]) order by t.customer_id, t.occurred_at, t.id`),
    present: async (id: string) => {
      const rows = await domain.db.query<{ stage: string | null; since: Date | null; health: string }>(sql`
        select s.key as stage, c.stage_since as since, c.health
        from customers c left join lifecycle_stages s on s.id = c.stage_id where c.id = ${id}::uuid`);
      return rows[0]!;
    },
    /** Events of a type about a customer that are in the log. */
    told: (type: string, id: string) =>
      domain.db.query<Told>(sql`select type, data from events where subject_id = ${id}::uuid and type = ${type} order by seq`),
  };
  await world.setRules(usualRules);
  await world.drain();
  return world;
}

export type StageWorld = Awaited<ReturnType<typeof createStageWorld>>;
