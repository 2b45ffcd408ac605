// The stages of one run of a customer's way, in order, each with the moment it was entered as the facts tell.
import type { Run, Stages, Step, Verdict } from './stage-path.ts';

/** An entry: into which stage, when, and the entry that is kept of it already. */
export type Link = { stageId: string; at: number; step: Step | null };
type Draft = { stageId: string; rank: number; wanted: number | null; step: Step | null };
type Bounds = { open: boolean; now: number; overruled: (verdict: Verdict) => boolean };

/** All entries of a run: those that are kept stay, at the moment that the facts tell, and those that are missing come in. */
export function chainOf(stages: Stages, run: Run, verdicts: ReadonlyMap<string, Verdict>, bounds: Bounds): Link[] {
  const drafts = run.steps.map((step) => draftOf(stages, run, step, verdicts.get(step.toId), bounds.open));
  for (const verdict of verdicts.values()) {
    const draft = missing(stages, run, drafts, verdict, bounds);
    if (draft) drafts.push(draft);
  }
  drafts.sort((a, b) => a.rank - b.rank);
  return inOrder(drafts, run.floor, bounds.now);
}

function draftOf(stages: Stages, run: Run, step: Step, verdict: Verdict | undefined, open: boolean): Draft {
  const draft = { stageId: step.toId, rank: stages.get(step.toId)?.rank ?? -1, wanted: step.at, step };
  const since = verdict?.since ?? null;
  if (since === null || !(verdict!.exact || since < step.at)) return draft;
  // What happened outside of a run that is over belongs to another one.
  if (!open && (since < run.floor || since > run.ceiling)) return draft;
  return { ...draft, wanted: Math.max(since, run.floor) };
}

function missing(stages: Stages, run: Run, kept: readonly Draft[], verdict: Verdict, { open, overruled }: Bounds): Draft | null {
  const { stageId, since } = verdict;
  const stage = stages.get(stageId);
  const base = run.base === null ? -1 : (stages.get(run.base)?.rank ?? -1);
  if (!stage || stage.rank <= base || kept.some((one) => one.stageId === stageId)) return null;
  const draft = { stageId, rank: stage.rank, wanted: since === null ? null : Math.max(since, run.floor), step: null };
  const above = kept.find((one) => one.step !== null && one.rank > stage.rank);
  if (!above) return open && !overruled(verdict) ? draft : null;
  // Below a stage that was entered: only if the facts say that this one was entered before.
  if (since === null || since >= above.wanted! || overruled(verdict)) return null;
  return open || since > run.floor ? draft : null;
}

// Whoever stands in a stage has passed those below by then.
function inOrder(drafts: readonly Draft[], floor: number, now: number): Link[] {
  let latest = Math.max(now, floor);
  return drafts
    .toReversed()
    .map(({ stageId, step, wanted }) => {
      latest = Math.max(floor, Math.min(wanted ?? latest, latest));
      return { stageId, at: latest, step };
    })
    .reverse();
}
