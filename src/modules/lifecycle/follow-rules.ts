// Has customers stand where the rules of the stages put them. Judging takes no locks; whoever has to move is locked then,
// and judged again if somebody changed them meanwhile.
import sql from 'sql-template-tag';
import type { CommandContext } from '../../commands/command.ts';
import { keepChecks } from './checks.ts';
import { partsOf } from './chunks.ts';
import { type Among, amongSql, type Judged, judge, type StageRule } from './judge-stages.ts';
import { changeOfPath, type PlacedStage } from './stage-path.ts';
import { type PathOf, writePaths } from './write-paths.ts';

export type StagesWork = {
  stages: readonly PlacedStage[];
  rules: readonly StageRule[];
  unitId: string;
  /** UUIDs; null: everyone. */
  customers: readonly string[] | null;
  cause: string;
};

/** Judges customers, moves and repairs, and notes when to look again. */
export async function followStageRules(ctx: CommandContext, work: StagesWork): Promise<void> {
  for await (const part of partsOf(ctx.tx, ctx.workspaceId, work.customers)) await followPart(ctx, work, part);
}

async function followPart(ctx: CommandContext, { stages, rules, unitId, cause }: StagesWork, part: Among): Promise<void> {
  const byId = new Map(stages.map((stage) => [stage.id, stage]));
  const pathOf = (one: Judged): PathOf[] => {
    const change = changeOfPath(byId, one, ctx.now.getTime());
    return change ? [{ customerId: one.customerId, before: one, change }] : [];
  };
  const judged = await judge(ctx.tx, ctx.workspaceId, rules, part, ctx.now);
  const paths = new Map(judged.flatMap(pathOf).map((path) => [path.customerId, path]));
  if (paths.size > 0) {
    const versions = new Map(judged.map((one) => [one.customerId, one.version]));
    const locked = await lockVersions(ctx, [...paths.keys()]);
    for (const id of paths.keys()) if (locked.get(id) !== versions.get(id)) paths.delete(id);
    const changed = [...locked.keys()].filter((id) => locked.get(id) !== versions.get(id));
    const again = changed.length > 0 ? await judge(ctx.tx, ctx.workspaceId, rules, { ids: changed }, ctx.now) : [];
    await writePaths(ctx, byId, [...paths.values(), ...again.flatMap(pathOf)], cause);
  }
  await keepChecks(ctx, unitId, amongSql(part), judged);
}

async function lockVersions(ctx: CommandContext, ids: readonly string[]): Promise<Map<string, number>> {
  const rows = await ctx.tx.query<{ id: string; version: number }>(sql`select id, version from customers
    where workspace_id = ${ctx.workspaceId}::uuid and id = any(${[...ids]}::uuid[]) order by id for no key update`);
  return new Map(rows.map(({ id, version }) => [id, version]));
}
