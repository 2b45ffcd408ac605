// Names what belongs to others at a place of the API, and compares the answer with that to naming nothing.
import { getNamedType, isObjectType } from 'graphql';
import { difference, leaks, namesRowsOf, normal } from './answers.ts';
import { call, type Sandboxes } from './calls.ts';
import { candidates } from './candidates.ts';
import type { ApiField, Place } from './probes.ts';
import type { RichWorkspace } from './rich-workspace.ts';
import type { Outcome } from './sandbox.ts';

export const nameOf = ({ parent, operation, field }: ApiField, place?: Place) =>
  `${parent ?? operation}.${field.name}${place ? ` ${place.path.join('.')}` : ''}`;
const isConnection = ({ field }: ApiField) => getNamedType(field.type).name.endsWith('Connection');
/**
 * How deep an answer is selected. What is reached from a row does not depend on how the row was named, so lists, which
 * answer rows of the caller, are read deeply at one place of each field only.
 */
function depthOf(api: ApiField, place: Place): number {
  const first = place === api.places[0];
  if (isConnection(api) || api.operation === 'subscription') return first ? 1 : 0;
  return api.operation === 'mutation' && !first ? 1 : 2;
}
/** Shallow, but deep enough for the records in user errors and in figures. */
function shallow(api: ApiField): number {
  const type = getNamedType(api.field.type);
  const isRecord = isConnection(api) || (isObjectType(type) && type.getInterfaces().length > 0);
  return api.operation === 'query' && isRecord ? 0 : 1;
}

/** Whether the workspace's own administrator, naming the same, is shown its data or changes its rows. */
const shows = (outcome: Outcome, foreign: RichWorkspace) =>
  outcome.touched !== '' || JSON.stringify(outcome.data ?? null).includes(foreign.word) || namesRowsOf(outcome, foreign);

/** Who asks, and whose things are named. */
export type Parties = { own: RichWorkspace; foreign: RichWorkspace };

/** What meant something to its owner at the places of an owner. */
export type Meant = Map<string, Set<string>>;

/**
 * Tries everything that can be named at a place. `live`: something meant something to those whom it belongs to.
 * Problems: something of theirs in an answer, a write to their rows, a bug, or an answer unlike that to naming nothing.
 */
export async function tryPlace(
  sandboxes: Sandboxes,
  { own, foreign }: Parties,
  meant: Meant,
  api: ApiField,
  place: Place,
  mayTell = false,
): Promise<{ problems: string[]; live: boolean }> {
  const problems: string[] = [];
  const known = meant.get(place.owner) ?? new Set<string>();
  meant.set(place.owner, known);
  let live = false;
  // Below and, or and not, in the lists of records and in feeds, it is the same input again: only what means something is tried.
  const again = place.wrapped || ((api.parent !== null || api.operation === 'subscription') && known.size > 0);
  for (const candidate of candidates(place, foreign).filter(({ what }) => !again || known.has(what))) {
    const where = `${nameOf(api, place)} = ${candidate.what} of another workspace`;
    const asked = call(sandboxes, api, place, candidate.value, foreign, shallow(api));
    const theirs = await call(sandboxes, api, place, candidate.value, own, depthOf(api, place));
    const nothing = await call(sandboxes, api, place, candidate.nothing, own, depthOf(api, place));
    const mine = await asked;
    if (shows(mine, foreign)) known.add(candidate.what);
    live ||= shows(mine, foreign);
    const found = leaks(theirs, candidate.sent, { own, foreign });
    if (found.length > 0) problems.push(`${where} answers ${found.join(', ')}`);
    if (theirs.touched) problems.push(`${where} writes ${theirs.touched}`);
    const told = normal(theirs, candidate.sent, own);
    const untold = normal(nothing, candidate.unsent, own);
    if (told !== untold && !mayTell) problems.push(`${where} is not answered like nothing: ${difference(told, untold)}`);
    for (const outcome of [mine, theirs, nothing]) {
      const bugs = outcome.errors.filter((error) => error.code === 'INTERNAL_SERVER_ERROR');
      if (bugs.length > 0) problems.push(`${where}: ${bugs[0]!.path} ${bugs[0]!.message}`);
    }
  }
  return { problems, live };
}
