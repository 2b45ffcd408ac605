// Pages of a segment's members: few are read by their ids, many in the order of an index. Both ways list the same.
import sql from 'sql-template-tag';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { decodeId } from '../../src/graphql/ids.ts';
import { ask, done } from '../support/core.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

const MANY = 2_150;

let server: TestServer;
let segment: string;
beforeAll(async () => {
  server = await startTestServer();
  await done(server, 'segmentationCreate', { key: 'lists', name: 'Lists', kind: 'TACTICAL' }, 'segmentation { id }');
  segment = (await done(server, 'segmentCreate', { segmentation: 'lists', key: 'all', name: 'All', kind: 'STATIC' }, 'segment { id }'))
    .segment.id;
  const [own] = await server.db.query<{ workspaceId: string; segmentationId: string }>(
    sql`select workspace_id as "workspaceId", segmentation_id as "segmentationId" from segments where id = ${decodeId(segment, 'Segment')}::uuid`,
  );
  const { workspaceId, segmentationId } = own!;
  await server.db.execute(sql`insert into customers (workspace_id, id, kind, display_name, created_at)
    select ${workspaceId}::uuid, gen_random_uuid(), 'PERSON', 'Member ' || n % 700, '2026-01-01'::timestamptz + n % 90 * interval '1 day' from generate_series(1, ${MANY + 500}) n`);
  await server.db.execute(sql`insert into segment_memberships (workspace_id, id, segmentation_id, segment_id, customer_id, exclusive, entered_at)
    select workspace_id, gen_random_uuid(), ${segmentationId}::uuid, ${decodeId(segment, 'Segment')}::uuid, id, false, now()
    from customers where display_name like 'Member %' order by id limit ${MANY}`);
});
afterAll(() => server?.stop());

async function pages(orderBy: string): Promise<string[]> {
  const found: string[] = [];
  for (let after: string | null = null, more = true; more; ) {
    const data = await ask(
      server,
      `query ($id: ID!, $after: String) { segment(id: $id) { members(first: 100, after: $after, orderBy: [${orderBy}]) { nodes { id } pageInfo { hasNextPage endCursor } } } }`,
      { id: segment, after },
    );
    const { nodes, pageInfo } = data.segment.members;
    found.push(...nodes.map(({ id }: { id: string }) => id));
    after = pageInfo.endCursor;
    more = pageInfo.hasNextPage;
  }
  return found;
}

async function expected(order: string): Promise<string[]> {
  const rows = await server.db.query<{ id: string }>({
    text: `select c.id from customers c join segment_memberships m on m.customer_id = c.id and m.left_at is null order by ${order}`,
    values: [],
  });
  return rows.map(({ id }) => id);
}

it.for([MANY, 900, 0])('lists %i members whole, in order, page by page, and counts them', async (size) => {
  await server.db.execute(sql`update segment_memberships set left_at = entered_at
    where id in (select id from segment_memberships where left_at is null order by id offset ${size})`);
  const uuids = (ids: string[]) => ids.map((id) => decodeId(id, 'Customer'));
  expect(uuids(await pages('{ field: CREATED_AT, direction: ASC }'))).toEqual(await expected('c.created_at, c.id'));
  expect(uuids(await pages('{ field: DISPLAY_NAME, direction: DESC }'))).toEqual(await expected('c.display_name desc, c.id desc'));
  const { segment: counted } = await ask(
    server,
    'query ($id: ID!) { segment(id: $id) { bounded: members { totalCount(upTo: 1000) { value isExact } } whole: members { totalCount(upTo: 10000) { value isExact } } } }',
    { id: segment },
  );
  expect(counted.bounded.totalCount).toEqual({ value: Math.min(size, 1000), isExact: size <= 1000 });
  expect(counted.whole.totalCount).toEqual({ value: size, isExact: true });
});
