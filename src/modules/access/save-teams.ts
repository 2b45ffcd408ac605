// Makes and changes teams, any number at once, in a fixed number of statements. A row may name as its parent a team
// that another row of the same call makes.
import type { CommandContext } from '../../commands/command.ts';
import { changesOf } from '../../commands/rows.ts';
import { type UserError, userError } from '../../commands/user-errors.ts';
import type { RowOf } from '../../db/models.ts';
import { newId } from '../../lib/typeid.ts';
import { announceAccess, lockWorkspace } from './assignment.ts';
import { reachableIds } from './reach.ts';
import { resolveTeamRefs, resolveUserRefs, type TeamRef, type UserRef, unknownRef } from './refs.ts';
import {
  type Changed,
  duplicate,
  type ExternalRef,
  insertAll,
  lockMatches,
  outOfReach,
  type Report,
  refColumns,
  refKey,
  updateAll,
} from './save.ts';
import { readTree, type TeamTree } from './team-tree.ts';

export type TeamRow = RowOf['Team'];

/** What is wanted of a team: absent stays, null clears. */
export type TeamPatch = {
  externalId?: ExternalRef | null | undefined;
  name?: string | null | undefined;
  lead?: UserRef | null | undefined;
  parent?: TeamRef | null | undefined;
};

/** A team to make (no `current`) or to change (`current` is locked). */
export type TeamItem = { index: number; current: TeamRow | null; patch: TeamPatch };

type Checked = TeamItem & { id: string; errors: UserError[]; columns: Partial<TeamRow> };

/**
 * Saves items of which no two have an external reference in common. `matches`: the teams that have one of these already,
 * where the caller has locked them.
 */
export async function saveTeams(
  ctx: CommandContext,
  items: readonly TeamItem[],
  report: Report,
  matches?: readonly TeamRow[],
): Promise<void> {
  const checked = await checkTeams(ctx, items, matches);
  dropOrphans(checked);
  const inserts: (Partial<TeamRow> & { id: string })[] = [];
  const updates: Changed[] = [];
  const saved: (() => void)[] = [];
  for (const { index, id, current, columns, errors } of checked) {
    if (errors.length > 0) {
      report.reject(index, ...errors);
      continue;
    }
    const changes = current && changesOf(current, columns);
    if (!current) inserts.push(newTeam(ctx, id, columns));
    else if (changes) updates.push({ row: current, changes });
    saved.push(() => report.done(index, current ? (changes ? 'UPDATED' : 'UNCHANGED') : 'CREATED', id));
  }
  await insertAll(ctx, 'Team', inserts);
  await updateAll(ctx, 'Team', updates);
  if (inserts.length + updates.length > 0) announceAccess(ctx);
  for (const done of saved) done();
}

function newTeam(ctx: CommandContext, id: string, columns: Partial<TeamRow>): Partial<TeamRow> & { id: string } {
  const { name, leadId = null, parentId = null, externalSystem = null, externalId = null } = columns;
  return { workspaceId: ctx.workspaceId, id, name: name!, leadId, parentId, externalSystem, externalId };
}

async function checkTeams(ctx: CommandContext, items: readonly TeamItem[], matches?: readonly TeamRow[]): Promise<Checked[]> {
  const patches = items.map((item) => item.patch);
  if (patches.some((patch) => patch.parent != null)) await lockWorkspace(ctx);
  const others =
    matches ??
    (await lockMatches(
      ctx,
      'Team',
      patches.flatMap((patch) => patch.externalId ?? []),
    ));
  const owner = new Map(others.map((row) => [refKey(row.externalSystem, row.externalId), row]));
  const leads = await resolveUserRefs(
    ctx,
    patches.map((patch) => patch.lead),
  );
  const parents = await resolveTeamRefs(
    ctx,
    patches.map((patch) => patch.parent),
  );
  const drafts = items.map((item) => ({ ...item, id: item.current?.id ?? newId() }));
  const made = new Map(
    drafts.flatMap((draft) =>
      draft.current || !draft.patch.externalId ? [] : [[refKey(draft.patch.externalId.system, draft.patch.externalId.value), draft.id]],
    ),
  );
  const parentOf = (i: number) => {
    const ref = patches[i]!.parent?.externalId;
    return parents[i] ?? (ref ? (made.get(refKey(ref.system, ref.value)) ?? null) : null);
  };
  const reach = await reachableIds(
    ctx,
    'Team',
    items.flatMap((item) => item.current?.id ?? []),
  );
  const tree = await readTree(
    ctx,
    drafts.flatMap((_draft, i) => parents[i] ?? []),
  );
  return drafts.map((draft, i) => {
    if (draft.current && !reach.has(draft.id)) return { ...draft, errors: [outOfReach('Team')], columns: {} };
    return checkTeam(draft, owner, { lead: leads[i] ?? null, parent: parentOf(i) }, tree);
  });
}

function checkTeam(
  draft: TeamItem & { id: string },
  owner: Map<string, TeamRow>,
  found: { lead: string | null; parent: string | null },
  tree: TeamTree,
): Checked {
  const { patch, current, id } = draft;
  const errors: UserError[] = [];
  const columns: Partial<TeamRow> = refColumns(patch.externalId);
  const byRef = patch.externalId == null ? undefined : owner.get(refKey(patch.externalId.system, patch.externalId.value));
  if (byRef && byRef.id !== current?.id) errors.push(duplicate('Team', byRef, ['externalId']));
  if (patch.name === null) errors.push(userError('REQUIRED', 'This field cannot be cleared.', ['name']));
  else if (patch.name !== undefined) columns.name = patch.name;
  if (patch.lead !== undefined) columns.leadId = found.lead;
  if (patch.lead != null && !found.lead) errors.push(unknownRef('User', ['lead']));
  if (patch.parent !== undefined) columns.parentId = found.parent;
  if (patch.parent != null && !found.parent) errors.push(unknownRef('Team', ['parent']));
  if (errors.length === 0 && patch.parent !== undefined && !tree.move(id, found.parent)) {
    errors.push(userError('TEAM_CYCLE', 'A team cannot be a part of itself.', ['parent']));
  }
  return { ...draft, errors, columns };
}

// A refused row makes no team: those that wanted it as their parent are refused too, and those that wanted them.
function dropOrphans(checked: readonly Checked[]): void {
  const refused = new Set(checked.filter((row) => row.errors.length > 0 && !row.current).map((row) => row.id));
  for (let before = -1; refused.size > before; ) {
    before = refused.size;
    for (const row of checked) {
      if (row.errors.length > 0 || !row.columns.parentId || !refused.has(row.columns.parentId)) continue;
      row.errors.push(unknownRef('Team', ['parent']));
      if (!row.current) refused.add(row.id);
    }
  }
}
