// What the requests of the read benchmark ask about, and what every peer has to tell of itself.
import pg from 'pg';
import type { ReadsDatabase } from './database.ts';
import { CUSTOMERS, TIMELINE_EVERY } from './seed.ts';
import type { MeasuredServer } from './server.ts';

export const requestKeys = ['Page20x5', 'Page100x10', 'One', 'Deep', 'Timeline', 'Count'] as const;
export type RequestKey = (typeof requestKeys)[number];

/** The filter of the deep page matches half of the customers, that of the count one in a hundred. */
export const DEEP_COUNTRY = 'GB';
export const COUNT_COUNTRY = 'NZ';
/** Rows before page 1,000 of 20. */
export const DEEP_ROWS = 999 * 20;

export type World = {
  workspaceId: string;
  /** UUIDs of customers, in turn for the request of one row. */
  customers: string[];
  /** UUIDs of customers with 20 things in their timelines. */
  withTimeline: string[];
  /** The last row before page 1,000. */
  before: { id: string; displayName: string };
};

/** Sends one operation to a server and gives its `data`. */
export type Post = (operation: object) => Promise<Record<string, unknown>>;

export type Client = {
  name: string;
  path: string;
  headers: Record<string, string>;
  start(database: ReadsDatabase): Promise<MeasuredServer>;
  /** The bodies to send in turn. `post` is for what has to be asked first, such as a cursor. */
  bodies(key: RequestKey, world: World, post: Post): Promise<object[]>;
  /** What an answer tells, in a form that is the same for all peers. */
  tell(key: RequestKey, data: never): unknown;
};

export async function readWorld({ url, workspaceId }: ReadsDatabase): Promise<World> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const every = async (step: number, count: number) => {
      const { rows } = await client.query<{ id: string }>(
        `select id from (select id, row_number() over (order by created_at, id) - 1 as n from customers where workspace_id = $1) c where n % $2 = 0 order by n limit $3`,
        [workspaceId, step, count],
      );
      return rows.map((row) => row.id);
    };
    const { rows } = await client.query<World['before']>(
      `select id, display_name as "displayName" from customers where workspace_id = $1 and country = $2 order by display_name, id offset $3 limit 1`,
      [workspaceId, DEEP_COUNTRY, DEEP_ROWS - 1],
    );
    const customers = await every(Math.floor(CUSTOMERS / 500) - 1, 500);
    return { workspaceId, customers, withTimeline: await every(TIMELINE_EVERY * 97, 100), before: rows[0]! };
  } finally {
    await client.end();
  }
}

/** `Post` to a running peer. */
export function poster(client: Client, port: number): Post {
  return async (operation) => {
    const answer = await fetch(`http://127.0.0.1:${port}${client.path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...client.headers },
      body: JSON.stringify(operation),
    });
    const { data, errors } = (await answer.json()) as { data?: Record<string, unknown>; errors?: unknown };
    if (!data || errors) throw new Error(`${client.name}: ${JSON.stringify(errors)}`);
    return data;
  };
}
