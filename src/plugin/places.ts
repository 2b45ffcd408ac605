// Places for transactions in which plugins work: mutations, routes, schedules and handlers. However slow plugins are, half
// of the connections of a pool stay with the core, and one plugin takes a quarter at most. A place is taken before the
// connection is, so whoever waits holds nothing.
import type { Database } from '../db/database.ts';
import { apiError } from '../graphql/errors.ts';
import type { LoadedPlugin } from './loaded.ts';

type Waiter = { id: string; enter: () => void };
type Room = { all: number; each: number; taken: Map<string, number>; waiting: Waiter[] };

/** How long a request waits for a place, and how many of a plugin do. */
const WAIT_MS = 2_000;
const MOST_WAITING = 100;

const rooms = new WeakMap<object, Room>();

export type PlaceAsked = {
  plugin: Pick<LoadedPlugin, 'id'>;
  /** Whose connections are used: each pool has places of its own. */
  db: Database;
  /** Ends the waiting. */
  signal?: AbortSignal;
  /** Waits until there is a place or the signal says otherwise, and not just for a moment. */
  patient?: boolean;
};

/** Runs `work` in a place. Throws OVERLOADED, with the plugin's id, where none comes free in time. */
export async function inPlace<T>(asked: PlaceAsked, work: () => Promise<T>): Promise<T> {
  const leave = await takePlace(asked);
  const { id } = asked.plugin;
  if (!leave) throw apiError('OVERLOADED', `The plugin ${id} has as much under way as it may; try again.`, { plugin: id });
  try {
    return await work();
  } finally {
    leave();
  }
}

/** The same database for a plugin's own commands: each of its transactions has a place. */
export function placedDatabase(plugin: LoadedPlugin, db: Database): Database {
  return { ...db, transaction: (fn) => inPlace({ plugin, db }, () => db.transaction(fn)) };
}

/** Gives the way to leave the place; null where the signal came first, or a moment was not enough. */
export async function takePlace({ plugin: { id }, db, signal, patient = false }: PlaceAsked): Promise<(() => void) | null> {
  const room = roomOf(db);
  const { waiting } = room;
  if (!patient && waiting.filter((one) => one.id === id).length >= MOST_WAITING) return null;
  const { promise: entered, resolve } = Promise.withResolvers<boolean>();
  const waiter: Waiter = { id, enter: () => resolve(true) };
  const giveUp = () => {
    const at = waiting.indexOf(waiter);
    if (at < 0) return; // it has its place already
    waiting.splice(at, 1);
    resolve(false);
  };
  waiting.push(waiter);
  letIn(room);
  const timer = patient ? undefined : setTimeout(giveUp, WAIT_MS);
  signal?.addEventListener('abort', giveUp, { once: true });
  const got = await entered;
  clearTimeout(timer);
  signal?.removeEventListener('abort', giveUp);
  return got ? () => leave(room, id) : null;
}

function roomOf({ pool }: Database): Room {
  const known = rooms.get(pool);
  if (known) return known;
  const most = pool.options.max;
  const room = { all: Math.max(1, Math.floor(most / 2)), each: Math.max(1, Math.floor(most / 4)), taken: new Map(), waiting: [] };
  rooms.set(pool, room);
  return room;
}

/** Whoever's plugin has the fewest places is next, and of those who came first: nobody waits behind another plugin's crowd. */
function letIn({ all, each, taken, waiting }: Room): void {
  const of = ({ id }: Waiter) => taken.get(id) ?? 0;
  for (let free = all - [...taken.values()].reduce((sum, n) => sum + n, 0); free > 0; free--) {
    const fewest = Math.min(...waiting.map(of));
    if (fewest >= each) return;
    const [next] = waiting.splice(
      waiting.findIndex((one) => of(one) === fewest),
      1,
    );
    taken.set(next!.id, fewest + 1);
    next!.enter();
  }
}

function leave(room: Room, id: string): void {
  const left = room.taken.get(id)! - 1;
  if (left > 0) room.taken.set(id, left);
  else room.taken.delete(id);
  letIn(room);
}
