// What the programme adds to the API.
import { arg, type CallContext, type SchemaHost, type Value, v, type WriteCallContext } from 'trato/plugin';
import { type Config, nextTierOf, type Tier, tierOf } from './config.ts';
import { MOST_POINTS, openAccount, post } from './ledger.ts';
import { accountsOf, entriesOf, mapValues } from './reading.ts';

type Api = SchemaHost<'loyalty:read' | 'loyalty:write'>;

export function addToApi(schema: Api, config: Config): void {
  const tier = schema.type('Tier', {
    description: 'A tier of the loyalty programme.',
    fields: {
      key: { description: 'Stable name, such as `gold`.', value: v.string() },
      name: { description: 'Name shown to people.', value: v.string() },
      from: { description: 'Points earned in all from which on a customer is in it.', value: v.int() },
    },
  });
  addFields(schema, config, tier);
  addMutations(schema, config);
  schema.query('tiers', {
    description: 'The tiers of the loyalty programme, lowest first.',
    value: v.list(tier),
    scope: 'loyalty:read',
    resolve: async () => config.tiers,
  });
  addTierChanged(schema, config, tier);
}

function addFields(schema: Api, config: Config, tier: Value<Tier>): void {
  const entry = schema.type('Entry', {
    description: 'One change of a customer’s points.',
    fields: {
      kind: {
        description: 'Why the points changed.',
        value: schema.enum('EntryKind', {
          description: 'Why points change.',
          values: {
            EARNED: 'The customer bought something.',
            SPENT: 'The customer used them.',
            ADJUSTED: 'Somebody corrected them, or what had earned them was corrected, moved or taken back.',
            EXPIRED: 'They were not used in time.',
          },
        }),
      },
      points: { description: 'How many came, or went where negative.', value: v.int() },
      remaining: { description: 'How many of them are left to spend.', value: v.int() },
      reason: { description: 'What was said about it.', value: v.optional(v.string()) },
      expiresAt: { description: 'When what is left of them expires.', value: v.optional(v.dateTime()) },
      createdAt: { description: 'When it was written.', value: v.dateTime() },
    },
  });
  const accounts = (ctx: CallContext, ids: readonly string[]) => accountsOf(ctx, ids);
  schema.field('Customer', 'points', {
    description: 'Points that the customer can spend; null for those who never had any.',
    value: v.int(),
    scope: 'loyalty:read',
    load: async (ctx, ids) => mapValues(await accounts(ctx, ids), ({ points }) => points),
  });
  schema.field('Customer', 'tier', {
    description: 'The tier that the customer is in, by the points earned in all.',
    value: tier,
    scope: 'loyalty:read',
    load: async (ctx, ids) => mapValues(await accounts(ctx, ids), ({ earnedTotal }) => tierOf(config, earnedTotal)),
  });
  schema.field('Customer', 'nextTier', {
    description: 'The tier above; null at the top.',
    value: v.optional(tier),
    scope: 'loyalty:read',
    load: async (ctx, ids) => mapValues(await accounts(ctx, ids), ({ earnedTotal }) => nextTierOf(config, earnedTotal)),
  });
  schema.field('Customer', 'pointsToNextTier', {
    description: 'Points still to be earned for the tier above; null at the top.',
    value: v.optional(v.int()),
    scope: 'loyalty:read',
    load: async (ctx, ids) =>
      mapValues(await accounts(ctx, ids), ({ earnedTotal }) => {
        const next = nextTierOf(config, earnedTotal);
        return next && next.from - earnedTotal;
      }),
  });
  schema.field('Customer', 'entries', {
    description: 'How the customer’s points changed, latest first.',
    value: v.list(entry),
    scope: 'loyalty:read',
    args: { first: arg.int('How many at most.', 1, 100).default(20) },
    load: (ctx, ids, { first }) => entriesOf(ctx, ids, first),
  });
}

const gives = {
  customer: { description: 'The customer.', value: v.record('Customer') },
  points: { description: 'The points that the customer has now.', value: v.int() },
};

function addMutations(schema: Api, config: Config): void {
  schema.mutation('pointsAdjust', {
    description: 'Corrects a customer’s points. Points that are given count for the tier, and those that are taken no longer do.',
    scope: 'loyalty:write',
    input: {
      customerId: arg.id('Customer', 'Whose points.'),
      points: arg.int('How many more, or fewer where negative.', -1_000_000, 1_000_000),
      reason: arg.text('Why they are corrected.', 500),
    },
    gives,
    run: async (ctx, { customerId, points, reason }) => {
      if (points === 0) ctx.reject('NOTHING_TO_DO', 'Zero points change nothing.', ['points']);
      return change(ctx, config, { customerId, kind: 'ADJUSTED', points, earned: points, reason });
    },
  });
  schema.mutation('pointsSpend', {
    description: 'Spends points of a customer, those first that expire first. LOYALTY_NOT_ENOUGH where there are too few.',
    scope: 'loyalty:write',
    input: {
      customerId: arg.id('Customer', 'Whose points.'),
      points: arg.int('How many.', 1, 1_000_000),
      reason: arg.text('What they are spent on.', 500),
    },
    gives,
    run: (ctx, { customerId, points, reason }) => change(ctx, config, { customerId, kind: 'SPENT', points: -points, earned: 0, reason }),
  });
}

type Change = { customerId: string; kind: 'ADJUSTED' | 'SPENT'; points: number; earned: number; reason: string };

async function change(ctx: WriteCallContext, config: Config, { customerId, ...posting }: Change) {
  await ctx.lock('Customer', customerId, ['customerId']);
  const account = await openAccount(ctx, config, customerId);
  const after = account.balance + posting.points;
  if (after < 0) ctx.reject('NOT_ENOUGH', `The customer has ${account.balance} points.`, ['points']);
  if (after > MOST_POINTS) ctx.reject('TOO_MANY', 'An account does not hold so many points.', ['points']);
  await post(ctx, config, account, posting);
  return { customer: customerId, points: account.balance };
}

function addTierChanged(schema: Api, config: Config, tier: Value<Tier>): void {
  const tierChange = schema.type('TierChange', {
    description: 'A customer came into another tier.',
    fields: {
      customer: { description: 'Who came into another tier.', value: v.optional(v.record('Customer')) },
      before: { description: 'The tier before; null where the programme no longer has it.', value: v.optional(tier) },
      after: { description: 'The tier now; null where the programme no longer has it.', value: v.optional(tier) },
    },
  });
  const named = (data: Record<string, unknown> | null | undefined) => config.tiers.find(({ key }) => key === data?.tier) ?? null;
  schema.subscription('tierChanged', {
    description: 'Customers who come into another tier of the loyalty programme.',
    value: tierChange,
    scope: 'loyalty:read',
    events: ['loyalty.tier_changed'],
    // What an erased customer did has lost its data.
    select: async (_ctx, events) =>
      events.map(({ subjectId, data }) =>
        data.after ? { customer: subjectId, before: named(data.before), after: named(data.after) } : null,
      ),
  });
}
