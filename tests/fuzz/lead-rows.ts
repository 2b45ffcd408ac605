// The rows of leads: sources, territories, criteria with points, consents; and which lead an opportunity came from.
import sql from 'sql-template-tag';
import { insertRows } from '../../src/commands/rows.ts';
import type { Filling } from './rows.ts';
import { moment, orNull, text, words } from './samples.ts';

export async function fillLeads({
  workspaceId,
  db,
  random,
  shift,
  made,
  make,
  ref,
  customerId,
  external,
  archivable,
}: Filling): Promise<void> {
  const named = (stem: string, many: number) => (i: number) => ({
    key: `${stem}_${(i + shift) % many}`,
    name: text(random),
    description: orNull(random, text(random)),
    ...archivable(),
  });
  const sources = await make('LeadSource', 3, named('source', 3));
  const territories = await make('Territory', 4, (i) => ({
    ...named('region', 4)(i),
    position: i % 3,
    rule: {},
    strategy: random.pick(['USER', 'TEAM', 'ROUND_ROBIN', 'CUSTOMER_OWNER', 'PLUGIN']),
    strategyName: orNull(random, 'loyalty.nearest'),
    userId: ref(made.User!),
    teamId: ref(made.Team!),
    lastUserId: ref(made.User!),
  }));
  const criteria = await make('LeadCriterion', 4, (i) => ({
    ...named('criterion', 4)(i),
    points: random.pick([-5, 0, 10, 25]),
    strategy: orNull(random, 'loyalty.score'),
    rule: {},
  }));
  const leads = await make('Lead', 70, (i) => ({
    customerId: customerId(),
    sourceId: random.pick(sources).id,
    ownerId: ref(made.User!),
    teamId: ref(made.Team!),
    territoryId: ref(territories),
    productId: ref(made.Product!),
    status: random.pick(['NEW', 'WORKING', 'QUALIFIED', 'CONVERTED', 'DISQUALIFIED']),
    interest: orNull(random, text(random)),
    message: orNull(random, text(random)),
    score: random.pick([-5, 0, 10, 25, 35]),
    capturedAt: moment(random),
    convertedAt: orNull(random, moment(random)),
    closeNote: orNull(random, text(random)),
    ...external(i),
    ...archivable(),
  }));
  const given = leads.flatMap((lead) => random.some(criteria, random.int(0, 3)).map((criterion) => [lead.id, criterion.id] as const));
  await make('LeadPoints', given.length, (i) => ({
    leadId: given[i]![0],
    criterionId: given[i]![1],
    points: random.pick([-5, 10, 25]),
    createdAt: moment(random),
  }));
  await make('Consent', 60, () => ({
    customerId: customerId(),
    leadId: ref(leads, 0.5),
    purpose: random.pick(words),
    status: random.pick(['GRANTED', 'WITHDRAWN']),
    legalBasis: random.pick(['CONSENT', 'CONTRACT', 'LEGITIMATE_INTEREST', 'LEGAL_OBLIGATION']),
    source: orNull(random, text(random)),
    wording: orNull(random, text(random)),
    givenAt: moment(random),
    withdrawnAt: orNull(random, moment(random)),
    createdAt: moment(random),
    updatedAt: moment(random),
  }));
  const converted = random.some(made.Opportunity!, 30);
  await db.execute(sql`update opportunities o set lead_id = t.lead from unnest(${converted.map(({ id }) => id)}::uuid[],
    ${converted.map(() => random.pick(leads).id)}::uuid[]) as t(id, lead) where o.workspace_id = ${workspaceId}::uuid and o.id = t.id`);
  const fired = new Map(
    made.Opportunity!.filter(({ ruleId, customerId: of }) => ruleId && of).map((one) => [`${one.ruleId} ${one.customerId}`, one]),
  );
  await insertRows(
    db,
    'OpportunityRuleFiring',
    [...fired.values()].map((one) => ({
      workspaceId,
      ruleId: one.ruleId as string,
      customerId: one.customerId as string,
      reason: 'because',
      firedAt: moment(random),
      opportunityId: one.id,
    })),
  );
}
