import type { ApiClient } from '../api/client.ts';
import type { Selection } from './selection.ts';
import { flattened, selectionText } from './selection.ts';

export type ExportPage = { records: unknown[]; endCursor: string | null };

/** Reads a connection of Query page after page from `after`; each page with the cursor that goes on behind it. */
export async function* pagesOf(
  client: ApiClient,
  entity: string,
  selection: Selection,
  after: string | undefined,
  stop: AbortSignal,
): AsyncGenerator<ExportPage> {
  // In the order of creation, so that what changes meanwhile does not move, and what is new comes last.
  const order = entity === 'events' ? '' : ', orderBy: [{ field: CREATED_AT, direction: ASC }]';
  const query = `query Export($first: Int!, $after: String) {
  page: ${entity}(first: $first, after: $after${order}) { nodes { ${selectionText(selection)} } pageInfo { hasNextPage endCursor } }
}`;
  type Answer = { page: { nodes: unknown[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } } };
  let cursor = after ?? null;
  while (!stop.aborted) {
    const { page } = await client.request<Answer>(query, { first: 100, after: cursor }, { stop });
    cursor = page.pageInfo.endCursor ?? cursor;
    yield { records: page.nodes.map(flattened), endCursor: cursor };
    if (!page.pageInfo.hasNextPage) return;
  }
}
