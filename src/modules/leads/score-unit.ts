// Scores are kept up to date by events: each criterion is a unit of the rules.
import { inWorkspace } from '../../commands/system.ts';
import { defineUnitKind, dependenciesOf, type LoadedUnit } from '../rules/index.ts';
import { judge } from './judge.ts';
import { type Criterion, emitScored, loadCriteria, lockScores } from './score.ts';

export const LEAD_SCORE = 'LEAD_SCORE';

defineUnitKind({
  kind: LEAD_SCORE,
  async load(db, workspaceId, ids) {
    const criteria = await loadCriteria(db, workspaceId, ids);
    return new Map(criteria.map((criterion) => [criterion.id, unitOf(criterion)]));
  },
});

function unitOf(criterion: Criterion): LoadedUnit {
  return {
    dependencies: [dependenciesOf(criterion.rule)],
    async evaluate(work) {
      await lockScores(work.tx, work.workspaceId);
      // It may have been archived since it was loaded: then its points are gone for good.
      if ((await loadCriteria(work.tx, work.workspaceId, [criterion.id])).length === 0) return;
      const scored = await judge(work.tx, criterion, work);
      // Undoes what was judged so far: the points stay as they were, and the unit is worked out again later.
      if (!scored) throw new Error(`the strategy ${criterion.strategy} did not answer`);
      if (scored.length === 0) return;
      await inWorkspace(
        work.tx,
        work.workspaceId,
        async (ctx) => emitScored(ctx, scored, { reason: work.cause, criterionId: criterion.id }),
        { now: work.now },
      );
    },
  };
}
