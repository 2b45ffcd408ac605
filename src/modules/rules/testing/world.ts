// Everything that rules can look at in one workspace, read whole: what the naive evaluator of the tests works on.
import sql from 'sql-template-tag';
import type { Database } from '../../../db/database.ts';
import type { JsonObject } from '../../../db/models.ts';

type Row = Record<string, unknown>;

export type WorldCustomer = Row & { id: string; attributes: JsonObject; archived_at: Date | null };

export type World = {
  customers: Map<string, WorldCustomer>;
  identities: Map<string, Row[]>;
  preferences: Map<string, Row[]>;
  needs: Map<string, Row[]>;
  memberships: Map<string, Row[]>;
  interactions: Map<string, Row[]>;
  /** With `products`, the ids of the products of its lines. */
  opportunities: Map<string, Row[]>;
  ties: Row[];
};

/** Reads a workspace. */
export async function loadWorld(db: Database, workspaceId: string): Promise<World> {
  const ws = sql`workspace_id = ${workspaceId}::uuid`;
  const read = async (statement: ReturnType<typeof sql>): Promise<Map<string, Row[]>> =>
    Map.groupBy(await db.query<Row>(statement), (row) => row.customer_id as string);
  const customers = await db.query<WorldCustomer>(sql`select *, birth_date::text as birth_date from customers where ${ws}`);
  return {
    customers: new Map(customers.map((row) => [row.id, row])),
    identities: await read(sql`select * from identities where ${ws}`),
    preferences: await read(sql`select * from preferences where ${ws} and archived_at is null`),
    needs: await read(sql`select * from needs where ${ws} and archived_at is null`),
    memberships: await read(sql`select * from segment_memberships where ${ws} and left_at is null`),
    interactions: await read(sql`select * from interactions where ${ws}`),
    opportunities: await read(sql`select o.*, array(select l.product_id::text from opportunity_lines l
      where l.workspace_id = o.workspace_id and l.opportunity_id = o.id) as products
      from opportunities o where o.workspace_id = ${workspaceId}::uuid and archived_at is null and customer_id is not null`),
    ties: await db.query<Row>(sql`select *, until::text as until from relationships where ${ws} and archived_at is null`),
  };
}
