// A workspace with pipelines, products and words of selling, for tests of opportunities without a server.
import sql from 'sql-template-tag';
import { compileRole, type RoleDefinition } from '../../src/auth/permissions.ts';
import type { Viewer } from '../../src/auth/viewer.ts';
import { allColumns } from '../../src/commands/rows.ts';
import type { OpportunityRow } from '../../src/db/models.ts';
import { userCreate } from '../../src/modules/access/index.ts';
import {
  competitorCommands,
  pipelineCommands,
  pipelineStageCommands,
  priceCommands,
  priceListCommands,
  productCommands,
} from '../../src/modules/sales/index.ts';
import { createTestDomain, type TestDomain } from './domain.ts';

export type Passage = { from: string | null; to: string; occurredAt: Date; leftAt: Date | null };
export type SalesWorld = TestDomain & {
  userId: string;
  opportunity(id: string): Promise<OpportunityRow & { stage: string }>;
  history(id: string): Promise<Passage[]>;
  eventsOf(id: string): Promise<{ type: string; customerId: string | null; data: Record<string, unknown> }[]>;
  counts(): Promise<Record<string, unknown>>;
  viewerOf(role: RoleDefinition): Viewer;
  /** How many statements the work takes in its transactions. */
  statementsOf(work: () => Promise<unknown>): Promise<number>;
};

const money = (amount: string, currency = 'EUR') => ({ amount, currency });

export async function salesWorld(options: { connections?: number } = {}): Promise<SalesWorld> {
  const domain = await createTestDomain(options);
  const { db, done, viewer } = domain;
  await done(pipelineCommands.create, { key: 'strict', name: 'Strict' });
  const requiredFields = ['VALUE', 'EXPECTED_CLOSE', 'CUSTOMER', 'OWNER', 'LINES', 'DECISION_MAKER'];
  await done(pipelineStageCommands.create, { pipeline: 'strict', key: 'proposal', name: 'Proposal', requiredFields });
  await done(pipelineStageCommands.create, {
    pipeline: 'strict',
    key: 'gone',
    name: 'Gone',
    outcome: 'LOST',
    requiredFields: ['CLOSE_REASON'],
  });
  await done(productCommands.create, { key: 'anvil', name: 'Anvil', family: 'Iron', price: money('100') });
  await done(productCommands.create, { key: 'rope', name: 'Rope', price: money('7.5') });
  await done(productCommands.create, { key: 'dollar_thing', name: 'Thing', price: money('5', 'USD') });
  await done(priceListCommands.create, { key: 'wholesale', name: 'Wholesale', currency: 'EUR' });
  const scale = (minimumQuantity: string, amount: string) => ({ priceList: 'wholesale', product: 'anvil', minimumQuantity, amount });
  await done(priceCommands.upsert, { rows: [scale('2', '90'), scale('10', '80')] });
  await done(competitorCommands.create, { key: 'rival', name: 'Rival' });
  const { id: userId } = await done(userCreate, { name: 'Sally Seller' });

  return {
    ...domain,
    userId,
    async opportunity(id) {
      const [row] = await db.query<OpportunityRow & { stage: string }>(sql`select ${allColumns('Opportunity', 'o')}, s.key as stage
        from opportunities o join pipeline_stages s on s.workspace_id = o.workspace_id and s.id = o.stage_id where o.id = ${id}::uuid`);
      return row!;
    },
    history: (id) =>
      db.query<Passage>(sql`select f.key as "from", s.key as "to", t.occurred_at as "occurredAt", t.left_at as "leftAt"
        from opportunity_transitions t join pipeline_stages s on s.id = t.to_id left join pipeline_stages f on f.id = t.from_id
        where t.opportunity_id = ${id}::uuid order by t.occurred_at, t.id`),
    eventsOf: (id) =>
      db.query(sql`select type, customer_id as "customerId", data from event_inbox where subject_id = ${id}::uuid order by position`),
    async counts() {
      const [row] =
        await db.query(sql`select (select count(*) from opportunities) as opportunities, (select count(*) from opportunity_transitions) as moves,
        (select count(*) from opportunity_lines) as lines, (select count(*) from event_inbox) as events, (select sum(version) from opportunities) as versions`);
      return row!;
    },
    viewerOf: (role) => ({ ...viewer, userId, role: compileRole(role) }),
    async statementsOf(work) {
      let statements = 0;
      const client = await db.pool.connect();
      const prototype = Object.getPrototypeOf(client);
      client.release();
      const { query } = prototype;
      prototype.query = function (...args: unknown[]) {
        statements++;
        return query.apply(this, args);
      };
      try {
        await work();
      } finally {
        prototype.query = query;
      }
      return statements;
    },
  };
}
