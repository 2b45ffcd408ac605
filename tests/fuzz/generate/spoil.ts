// Arguments that must be refused, or that ask for more than there may be.
import type { Entity } from '../../../src/query/entity.ts';
import type { Maker } from './maker.ts';

type Json = Record<string, unknown>;
type Place = { has: (argument: string) => boolean; entity: Entity | null };

/** Changes the arguments of a list in one of the ways in which callers get them wrong. */
export function spoil(maker: Maker, args: Json, { has, entity }: Place): void {
  const { random, pools } = maker;
  const cursor = () =>
    random.pick([
      pools.anyCursor() ?? 'x',
      'nonsense',
      '',
      Buffer.from('["x"]').toString('base64url'),
      Buffer.from('event:999999').toString('base64url'),
    ]);
  const ways: (() => void)[] = [() => (args.first = random.pick([-1, 101, 1000])), () => (args.after = cursor())];
  if (has('last'))
    ways.push(
      () => Object.assign(args, { first: 2, last: 2 }),
      () => Object.assign(args, { last: 2, after: cursor() }),
      () => (args.before = cursor()),
    );
  if (has('types')) ways.push(() => (args.types = has('subjectId') ? Array(51).fill('a') : []));
  if (has('subjectId')) ways.push(() => (args.subjectId = random.pick(['nonsense', pools.id(null)])));
  if (entity && has('orderBy')) {
    const field = random.pick(Object.keys(entity.orders!));
    ways.push(
      () => (args.orderBy = [{ field }, { field, direction: 'DESC' }]),
      () => (args.orderBy = Array(4).fill({ field })),
    );
    if (entity.attributes)
      ways.push(
        () => (args.orderBy = [{ direction: 'ASC' }]),
        () => (args.orderBy = [{ field, attribute: { key: 'tier', type: 'TEXT' } }]),
        () => (args.orderBy = [{ attribute: { key: 'No key', type: 'TEXT' } }]),
        () => (args.filter = { attributes: [{ key: 'No key', isNull: true }] }),
        () => (args.filter = { attributes: [{ key: 'seen_at', date: { gt: '2025-13-45T00:00' } }] }),
      );
  }
  if (entity && has('filter'))
    ways.push(
      () => (args.filter = { or: Array(random.pick([50, 51])).fill({}) }),
      () => (args.filter = { and: [], not: { not: { not: random.chance(0.5) ? {} : { not: { not: {} } } } } }),
      () => (args.filter = longList(entity, random.pick([500, 501]))),
      () => (args.filter = { and: [{ or: [] }] }),
    );
  random.pick(ways)();
}

function longList(entity: Entity, many: number): Json {
  const filters = Object.entries(entity.filters!);
  const [name, spec] = filters.find(([, one]) => 'keyOf' in one) ?? filters[0]!;
  return 'keyOf' in spec ? { [name]: { in: Array(many).fill('email') } } : {};
}
