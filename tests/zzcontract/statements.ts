// Looks into the SQL of the read engine: every mention of a table is held to the workspace, and to the rows of the role.
import { models } from '../../src/db/models.ts';

const tables = new Map(Object.values(models).map((model) => [model.table as string, model]));
const mention = /\b(?:from|join) "?([a-z_]+)"?(?: (?:as )?([a-z]\w*))?/g;
const keyword = new Set(['where', 'order', 'limit', 'on', 'as', 'cross', 'join']);

/** What is wrong with a statement, one line for each mention of a table that lacks its policy. */
export function unguarded(text: string, cutsCustomers: boolean): string[] {
  const found: string[] = [];
  for (const [, table, alias] of text.matchAll(mention)) {
    if (!tables.has(table!) || table === 'workspaces') continue;
    const name = alias && !keyword.has(alias) ? `${alias}\\.` : '';
    if (!new RegExp(`(?:^|[^\\w.])${name}"?workspace_id"? = (?:\\$\\d+|\\w+\\."?workspace_id)`).test(text)) {
      found.push(`${table} ${alias ?? ''}: no workspace`);
    }
    if (
      table === 'customers' &&
      cutsCustomers &&
      text.includes(`"customers" ${alias} `) &&
      !new RegExp(`${alias}\\."owner_id" = \\$`).test(text)
    ) {
      found.push(`${table} ${alias}: no row scope`);
    }
  }
  return found;
}
