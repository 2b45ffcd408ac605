// A customer with everyone tied to it, directly or through others.
import type { Oracle } from './policy.ts';

const MAX_DEPTH = 20;

/** The ids of the customer and of those whose active ties of this kind lead to it. */
export function descendants({ tables, viewer }: Oracle, root: string, kindKey: string): Set<string> {
  const kind = tables.rows('RelationshipKind').find((row) => row.workspaceId === viewer.workspaceId && row.key === kindKey);
  const ties = tables
    .rows('Relationship')
    .filter(
      (tie) =>
        tie.workspaceId === viewer.workspaceId &&
        tie.kindId === kind?.id &&
        tie.archivedAt === null &&
        (tie.until === null || (tie.until as string) >= tables.today),
    );
  const family = new Set([root]);
  let last = [root];
  for (let depth = 0; depth < MAX_DEPTH && last.length > 0; depth++) {
    last = [...new Set(ties.filter((tie) => last.includes(tie.toId as string)).map((tie) => tie.fromId as string))].filter(
      (id) => !family.has(id),
    );
    for (const id of last) family.add(id);
  }
  return family;
}
