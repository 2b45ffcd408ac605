// The rows of selling: pipelines, products, opportunities with their parts, quotes and targets.
import type { Filling, Rows } from './rows.ts';
import { day, moment, money, orNull, text, words } from './samples.ts';

const amounts = ['0', '1', '12.5', '99.9999', '0.0001', '1000', '123456789.6789'];
const shares = ['0', '0.1', '0.3333', '1'];

/** Rows whose keys have changed places from workspace to workspace. */
function worded({ random, shift, archivable }: Filling, stem: string, many: number, more: (i: number) => object = () => ({})) {
  return (i: number) => ({
    key: `${stem}_${(i + shift) % many}`,
    name: text(random),
    description: orNull(random, text(random)),
    ...more(i),
    ...archivable(),
  });
}

/** Everything between a pipeline and a quote. */
export async function fillSales(filling: Filling): Promise<void> {
  const { random, make, archivable, ref, customerId, external, made } = filling;
  const pipelines = await make(
    'Pipeline',
    3,
    worded(filling, 'way', 3, (i) => ({ position: i, isDefault: false })),
  );
  // Stages of two pipelines share their keys.
  const stages = await make('PipelineStage', 12, (i) => ({
    pipelineId: pipelines[i % 3]!.id,
    ...worded(filling, 'step', 12)(i - (i % 3)),
    position: Math.floor(i / 3),
    probability: random.pick(shares),
    outcome: random.pick(['OPEN', 'OPEN', 'WON', 'LOST']),
    forecastCategory: random.pick(['OMITTED', 'PIPELINE', 'BEST_CASE', 'COMMITTED']),
    requiredFields: random.some(['VALUE', 'CUSTOMER', 'OWNER'], random.int(0, 2)),
    stalledAfterDays: orNull(random, random.pick([1, 30, 5000])),
  }));
  await fillCatalogue(filling);
  const competitors = await make(
    'Competitor',
    4,
    worded(filling, 'rival', 4, () => ({ website: orNull(random, 'https://rival.example') })),
  );
  const reasons = await make(
    'CloseReason',
    4,
    worded(filling, 'because', 4, () => ({ outcome: random.pick(['WON', 'LOST']) })),
  );
  const roles = await make('OpportunityRole', 3, worded(filling, 'part', 3));
  const rules = await fillRules(filling, pipelines, stages);
  const opportunities = await make('Opportunity', 110, (i) => {
    const stage = random.pick(stages);
    const status = String(stage.outcome);
    const [amount, currency] = money(random);
    return {
      customerId: orNull(random, customerId(), 0.2),
      pipelineId: stage.pipelineId,
      stageId: stage.id,
      ownerId: ref(made.User!),
      teamId: ref(made.Team!),
      name: text(random),
      status,
      valueAmount: amount,
      valueCurrency: currency,
      baseAmount: orNull(random, random.pick(amounts)),
      probability: orNull(random, random.pick(shares), 0.7),
      forecastCategory: orNull(random, random.pick(['OMITTED', 'PIPELINE', 'COMMITTED']), 0.6),
      expectedCloseOn: orNull(random, random.pick(['2025-03-31', '2025-06-01', day(random)])),
      openedAt: moment(random),
      closedAt: status === 'OPEN' ? null : moment(random),
      stageSince: moment(random),
      closeReasonId: ref(reasons, 0.6),
      lostToId: ref(competitors, 0.7),
      closeNote: orNull(random, text(random), 0.6),
      source: orNull(random, random.pick(words)),
      ruleId: ref(rules, 0.7),
      leadId: null,
      tags: random.some([...words, 'with,comma'], random.int(0, 3)),
      ...external(i),
      ...archivable(),
    };
  });
  const opportunityId = () => (random.chance(0.2) ? opportunities[0]! : random.pick(opportunities)).id;
  const dated = () => ({ createdAt: moment(random), updatedAt: moment(random) });
  await make('OpportunityLine', 110, () => ({
    opportunityId: opportunityId(),
    productId: random.pick(made.Product!).id,
    position: random.int(0, 4),
    description: orNull(random, text(random)),
    quantity: random.pick(['1', '2.5', '10']),
    unitAmount: random.pick(amounts),
    discountPercent: random.pick(['0', '12.5', '100']),
    amount: random.pick(amounts),
    ...dated(),
  }));
  await make('OpportunityTransition', 140, () => {
    const at = moment(random);
    return {
      opportunityId: opportunityId(),
      fromId: ref(stages),
      toId: random.pick(stages).id,
      occurredAt: at,
      leftAt: orNull(random, new Date(at.getTime() + random.pick([0, 1_500, 86_400_000]))),
      reason: orNull(random, text(random)),
      ...random.pick([
        { actorKind: 'SYSTEM', actorId: null },
        { actorKind: 'USER', actorId: random.pick(made.User!).id },
        { actorKind: 'API_KEY', actorId: random.uuid(1) },
      ]),
      createdAt: moment(random),
    };
  });
  const taken = new Set<string>();
  const once = <T>(row: T): T[] => {
    const isNew = !taken.has(JSON.stringify(row));
    taken.add(JSON.stringify(row));
    return isNew ? [row] : [];
  };
  const contacts = Array.from({ length: 70 }, () => once([opportunityId(), customerId(), random.pick(roles).id])).flat();
  await make('OpportunityContact', contacts.length, (i) => {
    const [opportunity, customer, roleId] = contacts[i]!;
    return { opportunityId: opportunity, customerId: customer, roleId, note: orNull(random, text(random)), ...dated() };
  });
  const rivals = Array.from({ length: 50 }, () => once([opportunityId(), random.pick(competitors).id])).flat();
  await make('OpportunityCompetitor', rivals.length, (i) => {
    const [opportunity, competitorId] = rivals[i]!;
    return { opportunityId: opportunity, competitorId, note: orNull(random, text(random)), ...dated() };
  });
  await fillQuotes(filling, opportunities);
  const targets = Array.from({ length: 40 }, () =>
    once({
      period: random.pick(['MONTH', 'QUARTER', 'YEAR']),
      startsOn: random.pick(['2025-01-01', '2025-04-01', '2024-01-01']),
      ownerId: ref(made.User!, 0.5),
      teamId: ref(made.Team!, 0.6),
      pipelineId: ref(pipelines, 0.6),
    }),
  ).flat();
  await make('SalesTarget', targets.length, (i) => ({ ...targets[i]!, amount: random.pick(amounts), ...archivable() }));
}

async function fillCatalogue(filling: Filling): Promise<void> {
  const { random, make, external } = filling;
  const products = await make(
    'Product',
    9,
    worded(filling, 'product', 9, (i) => {
      const [priceAmount, priceCurrency] = money(random);
      return {
        family: orNull(random, random.pick(['GTX', 'MG', 'gtx'])),
        unit: orNull(random, 'piece'),
        priceAmount,
        priceCurrency,
        ...external(i),
      };
    }),
  );
  const lists = await make(
    'PriceList',
    3,
    worded(filling, 'prices', 3, () => ({
      currency: random.pick(['EUR', 'USD']),
      validFrom: orNull(random, '2025-01-01'),
      validUntil: orNull(random, '2090-01-01'),
    })),
  );
  const prices = lists.flatMap((list) => products.map((product) => ({ priceListId: list.id, productId: product.id })));
  await make('Price', prices.length, (i) => ({
    ...prices[i]!,
    amount: random.pick(amounts),
    minimumQuantity: random.pick(['1', '10', '2.5']),
    createdAt: moment(random),
    updatedAt: moment(random),
  }));
  await make('ExchangeRate', 8, (i) => ({
    currency: i % 2 === 0 ? 'USD' : 'EUR',
    validFrom: `202${Math.floor(i / 2)}-01-01`,
    rate: random.pick(['0.8', '1.2345678901', '2']),
    createdAt: moment(random),
    updatedAt: moment(random),
  }));
}

function fillRules(filling: Filling, pipelines: Rows, stages: Rows): Promise<Rows> {
  const { random, make, ref, made } = filling;
  return make(
    'OpportunityRule',
    6,
    worded(filling, 'signal', 6, () => ({
      active: random.chance(0.7),
      signal: random.pick(['SEGMENT_ENTERED', 'STAGE_CHANGED', 'INTERACTION', 'DATE_REACHED', 'COMPANION_MISSING']),
      settings: {},
      condition: null,
      pipelineId: random.pick(pipelines).id,
      stageId: ref(stages),
      nameTemplate: text(random),
      value: null,
      productId: ref(made.Product!),
      strategy: random.pick(['USER', 'TEAM', 'ROUND_ROBIN', 'CUSTOMER_OWNER', 'PLUGIN']),
      strategyName: orNull(random, 'loyalty.nearest'),
      userId: ref(made.User!),
      teamId: ref(made.Team!),
      lastUserId: ref(made.User!),
      closeInDays: orNull(random, 30),
      periodDays: random.pick([30, 90]),
      nextRunOn: orNull(random, '2099-01-01'),
    })),
  );
}

async function fillQuotes({ random, make, made, ref, archivable }: Filling, opportunities: Rows): Promise<void> {
  const accepted = new Set<string>();
  const quotes = await make('Quote', 50, (i) => {
    const opportunityId = random.pick(opportunities).id;
    const status = random.pick(['DRAFT', 'SENT', 'ACCEPTED', 'REJECTED', 'EXPIRED']);
    const isSecond = status === 'ACCEPTED' && accepted.has(opportunityId);
    if (status === 'ACCEPTED') accepted.add(opportunityId);
    return {
      opportunityId,
      priceListId: ref(made.PriceList!),
      previousId: null,
      number: `Q-00000${Math.floor(i / 2)}`,
      revision: 1 + (i % 2),
      status: isSecond ? 'REJECTED' : status,
      currency: random.pick(['EUR', 'EUR', 'USD']),
      discountPercent: random.pick(['0', '10']),
      ...Object.fromEntries(['netAmount', 'discountAmount', 'taxAmount', 'totalAmount'].map((name) => [name, random.pick(amounts)])),
      validUntil: orNull(random, random.pick(['2025-03-31', '2090-01-01'])),
      note: orNull(random, text(random)),
      sentAt: orNull(random, moment(random)),
      decidedAt: orNull(random, moment(random)),
      decisionNote: orNull(random, text(random)),
      ...archivable(),
    };
  });
  await make('QuoteLine', 90, () => ({
    quoteId: random.pick(quotes).id,
    productId: ref(made.Product!),
    position: random.int(0, 4),
    description: orNull(random, text(random)),
    ...Object.fromEntries(
      ['quantity', 'unitAmount', 'discountPercent', 'taxPercent', 'netAmount', 'taxAmount', 'totalAmount'].map((name) => [
        name,
        random.pick(amounts),
      ]),
    ),
    createdAt: moment(random),
  }));
}
