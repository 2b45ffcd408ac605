// The way of one customer through the stages as the rules tell it, beside the way as it is kept. Moves that a person made
// stand, and cut the way into runs; within a run rules only lead upwards.
import { newId } from '../../lib/typeid.ts';
import { chainOf, type Link } from './stage-chain.ts';

/** A stage in its place; `rank` is its place among all, archived ones too. */
export type PlacedStage = { id: string; key: string; name: string; rank: number; returnable: boolean };
/** An entry into a stage. Moments are milliseconds. */
export type Step = { id: string; fromId: string | null; toId: string; at: number; automatic: boolean };
/** That the rule of a stage holds. `exact`: `since` tells the moment for good, it does not wander with time or later facts. */
export type Verdict = { stageId: string; since: number | null; exact: boolean };
export type Standing = { stageId: string | null; stageSince: number | null; history: readonly Step[]; verdicts: readonly Verdict[] };
export type Move = { fromId: string | null; fromSince: number | null; toId: string; at: number };
export type PathChange = {
  stageId: string | null;
  stageSince: number | null;
  /** Entries that are to be corrected, and new ones. */
  updated: Step[];
  inserted: Step[];
  /** What was corrected, before and after; null where the history stays as it is, but for moves at its end. */
  repair: { before: Step[]; after: Step[]; stageSince: number | null } | null;
  /** New entries after all that are kept. */
  moves: Move[];
};

type TakenBack = { from: string | null; to: string | null; at: number };

/** A stretch of the way that begins where a person put the customer, or where a rule led back. */
export type Run = {
  base: string | null;
  floor: number;
  ceiling: number;
  byPerson: boolean;
  /** The last time that a person took the customer back: from which stage, to which, when. */
  takenBack: TakenBack | null;
  steps: Step[];
};

export type Stages = ReadonlyMap<string, PlacedStage>;

/** What has to change for the way to be what the rules say; null where it is. */
export function changeOfPath(stages: Stages, standing: Standing, now: number): PathChange | null {
  const verdicts = new Map(
    standing.verdicts.map((one) => [one.stageId, { ...one, since: one.since === null ? null : Math.min(one.since, now) }]),
  );
  const runs = runsOf(stages, standing, now);
  const open = runs.at(-1)!;
  const kept: Step[] = [];
  const wanted: Step[] = [];
  const moves: Move[] = [];
  for (const run of runs) {
    const overruled = (verdict: Verdict) => run === open && isOverruled(stages, run, verdict);
    const links = chainOf(stages, run, verdicts, { open: run === open, now, overruled });
    const steps = stepsOf(run, links);
    // The first new entry above all that are kept begins the moves.
    const firstMove = links.findLastIndex(({ step }) => step !== null) + 1;
    if (run === open) moves.push(...movesOf(standing, run, steps, firstMove));
    kept.push(...run.steps);
    wanted.push(...steps);
    if (run === open && moves.length === 0) {
      const back = wayBack(
        stages,
        run,
        steps,
        [...verdicts.values()].filter((one) => !overruled(one)),
        now,
      );
      if (back) {
        wanted.push(back);
        moves.push({ fromId: back.fromId, fromSince: sinceOf(standing, steps), toId: back.toId, at: back.at });
      }
    }
  }
  return compare(standing, open, kept, wanted, moves);
}

const rankOf = (stages: Stages, id: string | null) => (id === null ? -1 : (stages.get(id)?.rank ?? -1));

function runsOf(stages: Stages, { history, stageId, stageSince }: Standing, now: number): Run[] {
  const runs: Run[] = [];
  const begin = (base: string | null, floor: number, person: { from: string | null } | null) => {
    const before = runs.at(-1);
    if (before) before.ceiling = floor;
    const takenBack = person ? { from: person.from, to: base, at: floor } : (before?.takenBack ?? null);
    runs.push({ base, floor, ceiling: now, byPerson: person !== null, takenBack, steps: [] });
  };
  begin(null, Number.NEGATIVE_INFINITY, null);
  let at: string | null = null;
  for (const step of history) {
    const upwards = rankOf(stages, step.toId) > rankOf(stages, at);
    if (step.automatic && upwards && step.fromId === at) runs.at(-1)!.steps.push(step);
    else begin(step.toId, step.at, step.automatic ? null : { from: step.fromId });
    at = step.toId;
  }
  // Put there, or taken out, in a way that leaves no entry.
  const last = history.at(-1)?.at ?? Number.NEGATIVE_INFINITY;
  if (stageId !== at) begin(stageId, stageId === null ? last : Math.max(last, stageSince ?? last), { from: at });
  return runs;
}

// Who took a customer back knew the facts there were: only later ones lead there again.
function isOverruled(stages: Stages, { takenBack }: Run, { stageId, since }: Verdict): boolean {
  if (!takenBack) return false;
  const rank = rankOf(stages, stageId);
  const between = rank > rankOf(stages, takenBack.to) && rank <= rankOf(stages, takenBack.from);
  return between && (since === null || since <= takenBack.at);
}

function stepsOf(run: Run, links: readonly Link[]): Step[] {
  let fromId = run.base;
  const steps = links.map(({ stageId, at, step }) => {
    const made = { id: step?.id ?? newId(), fromId, toId: stageId, at, automatic: true };
    fromId = stageId;
    return made;
  });
  // Entries of one moment are ordered by their ids: where a new one goes before an old one, the ids change places.
  const ordered = steps.every((step, i) => i === 0 || steps[i - 1]!.at < step.at || steps[i - 1]!.id < step.id);
  if (ordered) return steps;
  const ids = steps.map(({ id }) => id).sort();
  return steps.map((step, i) => ({ ...step, id: ids[i]! }));
}

const sinceOf = (standing: Standing, steps: readonly Step[]) => steps.at(-1)?.at ?? standing.stageSince;

function movesOf(standing: Standing, run: Run, steps: readonly Step[], first: number): Move[] {
  return steps.slice(first).map((step, i) => {
    const before = steps[first + i - 1];
    return { fromId: before ? before.toId : run.base, fromSince: before ? before.at : standing.stageSince, toId: step.toId, at: step.at };
  });
}

function wayBack(stages: Stages, run: Run, steps: readonly Step[], verdicts: readonly Verdict[], now: number): Step | null {
  const here = steps.at(-1)?.toId ?? run.base;
  const target = verdicts.reduce<Verdict | null>(
    (best, one) => (rankOf(stages, one.stageId) > rankOf(stages, best?.stageId ?? null) ? one : best),
    null,
  );
  if (here === null || !target || rankOf(stages, target.stageId) >= rankOf(stages, here) || !stages.get(target.stageId)!.returnable)
    return null;
  // A stage that a person chose is only left for a higher one.
  if (steps.length === 0 && run.byPerson) return null;
  const entered = steps.at(-1)?.at ?? run.floor;
  const later = target.since !== null && target.since > entered;
  return { id: newId(), fromId: here, toId: target.stageId, at: later ? target.since! : Math.max(now, entered), automatic: true };
}

function compare(standing: Standing, open: Run, kept: readonly Step[], wanted: readonly Step[], moves: readonly Move[]): PathChange | null {
  const known = new Map(kept.map((step) => [step.id, step]));
  const inserted = wanted.filter(({ id }) => !known.has(id));
  const updated = wanted.filter((step) => known.has(step.id) && !sameStep(known.get(step.id)!, step));
  if (inserted.length === 0 && updated.length === 0) return null;
  const after = wanted.slice(0, wanted.length - moves.length);
  const repaired = after.length !== kept.length || after.some((step, i) => !sameStep(step, kept[i]!));
  const topRepaired = open.steps.length > 0 ? after.at(-1)!.at : standing.stageSince;
  const last = moves.at(-1);
  return {
    stageId: last ? last.toId : standing.stageId,
    stageSince: last ? last.at : topRepaired,
    updated,
    inserted,
    repair: repaired ? { before: [...kept], after, stageSince: topRepaired } : null,
    moves: [...moves],
  };
}

const sameStep = (a: Step, b: Step) => a.fromId === b.fromId && a.toId === b.toId && a.at === b.at;
