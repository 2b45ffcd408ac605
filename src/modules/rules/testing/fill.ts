// Fills a workspace with a small world in which every kind of fact lies near the edges that rules look at.
import sql from 'sql-template-tag';
import { insertRows } from '../../../commands/rows.ts';
import type { Database } from '../../../db/database.ts';
import type { JsonObject } from '../../../db/models.ts';
import { newId } from '../../../lib/typeid.ts';
import { shift } from './naive-operands.ts';

export const NOW = new Date('2026-03-15T10:30:00.000Z');

/** What rules about this world can name. */
export type Words = {
  kinds: string[];
  channels: string[];
  touchPoints: string[];
  stages: string[];
  segments: string[];
  ties: string[];
  pipelines: string[];
  products: string[];
  users: string[];
};

/** Random numbers that are the same for the same seed. */
export function randomFrom(seed: number): {
  int: (min: number, max: number) => number;
  pick: <T>(from: readonly T[]) => T;
  chance: (p: number) => boolean;
} {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
  const int = (min: number, max: number): number => min + Math.floor(next() * (max - min + 1));
  return { int, pick: (from) => from[int(0, from.length - 1)]!, chance: (p) => next() < p };
}

const HOUR = 3_600_000;
export const DURATIONS: JsonObject[] = [
  ...[1, 7, 30, 90, 365].map((days) => ({ days })),
  ...[1, 12, 36].map((hours) => ({ hours })),
  ...[1, 2, 6, 13].map((months) => ({ months })),
  { years: 1 },
  { weeks: 2 },
  { minutes: 90 },
];
const DAYS = ['2008-03-15', '2008-03-16', '2000-02-29', '1990-02-28', '1990-03-01', '1976-12-31', '2026-03-10', '1990-03-14', '2005-04-14'];

/** Inserts `size` customers with what belongs to them; answers the words that rules can use. */
export async function fillWorld(db: Database, workspaceId: string, seed: number, size = 20): Promise<Words> {
  const random = randomFrom(seed);
  const words = await makeWords(db, workspaceId);
  const { int, pick, chance } = random;
  const maybe = <T>(value: T): T | null => (chance(0.7) ? value : null);
  // As long ago as rules ask, to the millisecond, one more or one less; or some half-days away.
  const moment = (): Date => {
    const edge = shift(NOW.getTime(), pick(DURATIONS), pick([-1, -1, 1]));
    return new Date((chance(0.5) ? edge : NOW.getTime() - int(-40, 900) * 12 * HOUR) + pick([0, 0, 1, -1]));
  };
  const ws = { workspaceId };
  const several = <T>(from: readonly T[]): T[] => from.filter(() => chance(0.4));
  const customers = Array.from({ length: size }, () => ({
    ...ws,
    id: newId(),
    kind: pick(['PERSON', 'ORGANISATION'] as const),
    displayName: pick(['Ada', 'Adam', 'Bob', 'Bea_1', 'C%d']),
    gender: maybe(pick(['f', 'm'])),
    country: maybe(pick(['GB', 'DE', 'ES'])),
    city: maybe(pick(['London', 'Berlin', 'Madrid', 'Bern'])),
    birthDate: maybe(pick(DAYS)) as never,
    tags: several(['vip', 'fair', 'new']),
    partyRoles: several(['customer', 'partner']),
    health: pick(['UNKNOWN', 'HEALTHY', 'AT_RISK'] as const),
    ownerId: maybe(pick(words.users)),
    stageId: maybe(pick(words.stages)),
    stageSince: moment(),
    attributes: {
      ...(chance(0.7) ? { score: pick([0, 1, 2.5, -3, 10]) } : {}),
      ...(chance(0.7) ? { tier: pick(['gold', 'silver']) } : {}),
      ...(chance(0.7) ? { renewal: moment().toISOString().slice(0, 10) } : {}),
      ...(chance(0.5) ? { seen: moment().toISOString() } : {}),
      ...(chance(0.5) ? { insured: chance(0.5) } : {}),
      ...(chance(0.5) ? { likes: several(['tea', 'wine', 'bread']) } : {}),
    },
    createdAt: moment(),
    updatedAt: moment(),
    archivedAt: chance(0.25) ? NOW : null,
  }));
  await insertRows(
    db,
    'Customer',
    customers.map((row) => ({ ...row, stageSince: row.stageId ? row.stageSince : null })),
  );
  const anyone = (): string => pick(customers).id;
  const rows = <T>(number: number, make: (index: number) => T): (T & { workspaceId: string; id: string })[] =>
    Array.from({ length: number }, (_, index) => ({ ...ws, id: newId(), ...make(index) }));
  await insertRows(
    db,
    'Identity',
    rows(size * 2, (index) => {
      const value = pick([`a${index}@example.com`, `b${index}@mail.test`, `+44${1000 + index}`]);
      const kind = value.startsWith('+') ? ('PHONE' as const) : ('EMAIL' as const);
      return { customerId: anyone(), kind, system: '', value, original: value, verified: chance(0.5), createdAt: moment() };
    }),
  );
  const knowledge = () => ({
    customerId: anyone(),
    topic: pick(['wine', 'Wine', 'price']),
    value: pick(['red', 'Red', 'low']),
    basis: 'STATED' as const,
    observedAt: moment(),
  });
  await insertRows(
    db,
    'Preference',
    rows(size, () => ({ ...knowledge(), archivedAt: chance(0.2) ? NOW : null })),
  );
  await insertRows(
    db,
    'Need',
    rows(size, () => ({ ...knowledge(), metAt: chance(0.4) ? NOW : null, archivedAt: chance(0.2) ? NOW : null })),
  );
  const untilDays = [null, null, '2026-03-14', '2026-03-15', '2026-03-16', '2026-04-01', '2025-01-01'];
  await insertRows(
    db,
    'Relationship',
    rows(size * 2, () => ({
      kindId: pick(words.ties),
      fromId: anyone(),
      toId: anyone(),
      until: pick(untilDays) as never,
      archivedAt: chance(0.1) ? NOW : null,
    })).filter(({ fromId, toId }) => fromId !== toId),
    sql`on conflict do nothing`,
  );
  const { segmentationId } = words as Words & { segmentationId: string };
  await insertRows(
    db,
    'SegmentMembership',
    rows(size * 2, () => ({
      segmentationId,
      segmentId: pick(words.segments),
      customerId: anyone(),
      exclusive: false,
      enteredAt: moment(),
      leftAt: chance(0.3) ? new Date(NOW.getTime() + 1000 * 24 * HOUR) : null,
    })),
    sql`on conflict do nothing`,
  );
  await insertRows(
    db,
    'Interaction',
    rows(size * 12, () => {
      const value = chance(0.6)
        ? { valueAmount: pick(['10', '0.5', '-3', '100', '33.3333']), valueCurrency: pick(['EUR', 'EUR', 'GBP']) }
        : { valueAmount: null, valueCurrency: null };
      return {
        ...value,
        customerId: anyone(),
        kindId: pick(words.kinds),
        channelId: pick(words.channels),
        touchPointId: maybe(pick(words.touchPoints)),
        userId: maybe(pick(words.users)),
        direction: pick(['INBOUND', 'OUTBOUND'] as const),
        occurredAt: moment(),
        outcome: maybe(pick(['sold', 'lost'])),
        duration: maybe(int(0, 600)),
        attributes: (chance(0.5) ? { minutes: int(1, 3) } : {}) as JsonObject,
        actorKind: 'SYSTEM' as const,
      };
    }),
  );
  const opportunities = rows(size * 4, () => {
    const status = pick(['OPEN', 'WON', 'WON', 'LOST'] as const);
    const amount = maybe(pick(['10', '250.5', '1000', '-1']));
    return {
      customerId: maybe(anyone()),
      pipelineId: words.pipelines[0]!,
      stageId: (words as Words & { pipelineStageId: string }).pipelineStageId,
      ownerId: maybe(pick(words.users)),
      name: 'Deal',
      status,
      valueAmount: amount,
      valueCurrency: amount && 'EUR',
      baseAmount: amount,
      openedAt: moment(),
      closedAt: status === 'OPEN' ? null : moment(),
      stageSince: moment(),
      source: maybe(pick(['fair', 'web'])),
      archivedAt: chance(0.1) ? NOW : null,
    };
  });
  await insertRows(db, 'Opportunity', opportunities);
  const line = { quantity: '1', unitAmount: '1', amount: '1', discountPercent: '0', position: 0 };
  await insertRows(
    db,
    'OpportunityLine',
    rows(size * 4, () => ({ ...line, opportunityId: pick(opportunities).id, productId: pick(words.products) })),
  );
  await db.execute(sql`analyze`);
  return words;
}

async function makeWords(db: Database, workspaceId: string): Promise<Words & { segmentationId: string; pipelineStageId: string }> {
  const ws = { workspaceId };
  const ids = async (statement: ReturnType<typeof sql>): Promise<string[]> =>
    (await db.query<{ id: string }>(statement)).map(({ id }) => id);
  const named = (key: string) => ({ ...ws, id: newId(), key, name: key });
  const [pipeline, stage, segmentation] = [named('test_way'), named('test_step'), named('test_profiles')];
  const products = ['test_a', 'test_b', 'test_c'].map(named);
  const segments = ['test_x', 'test_y', 'test_z'].map(named);
  const users = ['Uma', 'Ugo'].map((name) => ({ ...ws, id: newId(), name }));
  const other = named('test_other_way');
  await insertRows(db, 'Pipeline', [
    { ...pipeline, position: 100 },
    { ...other, position: 101 },
  ]);
  await insertRows(db, 'PipelineStage', [{ ...stage, pipelineId: pipeline.id, position: 0, probability: '0.5' }]);
  await insertRows(db, 'Product', products);
  await insertRows(db, 'Segmentation', [{ ...segmentation, kind: 'TACTICAL' }]);
  await insertRows(
    db,
    'Segment',
    segments.map((segment, priority) => ({ ...segment, segmentationId: segmentation.id, kind: 'STATIC' as const, priority })),
  );
  await insertRows(db, 'User', users);
  return {
    kinds: await ids(sql`select id from interaction_kinds where workspace_id = ${workspaceId}::uuid order by key limit 3`),
    channels: await ids(sql`select id from channels where workspace_id = ${workspaceId}::uuid order by key limit 3`),
    touchPoints: await ids(sql`select id from touch_points where workspace_id = ${workspaceId}::uuid order by key limit 2`),
    stages: await ids(sql`select id from lifecycle_stages where workspace_id = ${workspaceId}::uuid order by key limit 3`),
    ties: await ids(
      sql`select id from relationship_kinds where workspace_id = ${workspaceId}::uuid and not acyclic and not exclusive order by key limit 2`,
    ),
    segments: segments.map(({ id }) => id),
    pipelines: [pipeline.id, other.id],
    products: products.map(({ id }) => id),
    users: users.map(({ id }) => id),
    segmentationId: segmentation.id,
    pipelineStageId: stage.id,
  };
}
