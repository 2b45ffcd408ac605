// The part of a rich workspace that is about segments and sales: what the workspace defines, and what can be known of a customer.
import { encodeId } from '../../src/graphql/ids.ts';
import { consentGive } from '../../src/modules/consents/index.ts';
import { opportunityRuleCommands } from '../../src/modules/factory/index.ts';
import { salesTargetCommands } from '../../src/modules/forecast/index.ts';
import { leadCapture, leadConvert, leadCriterionCommands, leadSourceCommands } from '../../src/modules/leads/index.ts';
import { healthRuleSet } from '../../src/modules/lifecycle/index.ts';
import { quoteCreate, quoteSend } from '../../src/modules/quotes/index.ts';
import {
  closeReasonCommands,
  competitorCommands,
  exchangeRatesUpsert,
  opportunityContactAdd,
  opportunityCreate,
  opportunityRoleCommands,
  pipelineCommands,
  pipelineStageCommands,
  priceCommands,
  priceListCommands,
  productCommands,
} from '../../src/modules/sales/index.ts';
import { opportunityCompetitorAdd } from '../../src/modules/sales/parts.commands.ts';
import { segmentationCommands, segmentCommands, segmentMembersAdd, segmentMembersRemove } from '../../src/modules/segments/index.ts';
import { territoryCommands } from '../../src/modules/territories/index.ts';
import type { Done } from './rich-workspace.ts';

type Ref = { id: string };
type Words = { key: string; word: string; owner: Ref; team: Ref };

/** Holds for every person. */
export const someRule = { field: { kind: { eq: 'PERSON' } } };

/** Ways of selling, products and rules: everything under `key`. */
export async function salesWords(done: Done, { key, word, owner, team }: Words): Promise<Record<string, string>> {
  const text = (what: string) => `${word} ${what}`;
  const named = (what: string) => ({ key, name: text(`${what} name`), description: text(`${what} description`) });
  const make = (commands: { create: unknown }, input: object) => done(commands.create as never, input);
  await make(pipelineCommands, { ...named('pipeline'), isDefault: true });
  const stage = (outcome: string) => ({ ...named(`${outcome} stage`), pipeline: key, outcome, probability: '0.5', stalledAfterDays: 3 });
  for (const outcome of ['WON', 'LOST']) await make(pipelineStageCommands, { ...stage(outcome), key: `${key}_${outcome.toLowerCase()}` });
  await make(pipelineStageCommands, { ...stage('OPEN'), position: 0, requiredFields: ['CUSTOMER'] });
  for (const one of [`${key}_2`, key])
    await make(productCommands, {
      ...named('product'),
      key: one,
      family: text('family'),
      unit: text('unit'),
      price: { amount: '5', currency: 'GBP' },
      externalRef: { system: key, value: one },
    });
  await make(priceListCommands, { ...named('price list'), currency: 'GBP', validFrom: '2020-01-01', validUntil: '2090-01-01' });
  await done(priceCommands.upsert as never, { rows: [{ priceList: key, product: key, amount: '4' }] });
  await done(exchangeRatesUpsert as never, { rows: [{ currency: 'USD', validFrom: '2020-01-01', rate: '0.8' }] });
  await make(competitorCommands, { ...named('competitor'), website: `https://${word}.example` });
  await make(closeReasonCommands, { ...named('close reason'), outcome: 'LOST' });
  await make(opportunityRoleCommands, named('opportunity role'));
  await make(leadSourceCommands, named('lead source'));
  await make(territoryCommands, { ...named('territory'), rule: someRule, strategy: 'USER', user: owner, team });
  await make(leadCriterionCommands, { ...named('criterion'), points: 7, rule: someRule });
  for (const holder of [{ team }, { owner }])
    await make(salesTargetCommands, { ...holder, pipeline: key, period: 'YEAR', startsOn: '2026-01-01', amount: '7' });
  await make(opportunityRuleCommands, {
    ...named('opportunity rule'),
    signal: { interaction: { kind: key } },
    condition: someRule,
    pipeline: key,
    stage: key,
    product: key,
    nameTemplate: text('{customer}'),
    value: { fixed: { amount: '7', currency: 'GBP' } },
    strategy: 'USER',
    user: owner,
    team,
    active: false,
  });
  await done(healthRuleSet as never, { health: 'AT_RISK', rule: someRule });
  const classes = await make(segmentationCommands, {
    ...named('value classes'),
    key: `${key}_2`,
    kind: 'STRATEGIC',
    method: 'VALUE_CLASSES',
    recomputeMinutes: 60,
    measure: { source: 'INTERACTION_VALUE', kinds: [key] },
    defaultSegment: { key: `${key}_none`, name: text('no value') },
  });
  await make(segmentationCommands, { ...named('segmentation'), kind: 'TACTICAL' });
  await make(segmentCommands, { ...named('dynamic segment'), key: `${key}_3`, segmentation: key, kind: 'DYNAMIC', rule: someRule });
  await make(segmentCommands, { ...named('segment'), segmentation: key, kind: 'STATIC' });
  return { 'SegmentationRecomputeInput.id': encodeId('Segmentation', classes) };
}

type Sold = Words & { customer: Ref; other: Ref; vocabulary: string };

/** An opportunity with all its parts, quotes, leads and a stay in a segment of a customer; answers what to name where. */
export async function salesData(
  done: Done,
  { key, vocabulary, word, owner, team, customer, other }: Sold,
): Promise<Record<string, string>> {
  const text = (what: string) => `${word} ${what}`;
  for (const command of [segmentMembersAdd, segmentMembersRemove]) {
    await done(command as never, { rows: [{ segment: vocabulary, customer: other }] });
  }
  await done(segmentMembersAdd as never, { rows: [{ segment: vocabulary, customer }] });
  await done(consentGive as never, { customer, purpose: key, legalBasis: 'CONSENT', source: text('source'), wording: text('wording') });
  const capture = async (value: string) => ({
    id: encodeId(
      'Lead',
      await done(leadCapture as never, {
        customer,
        source: vocabulary,
        product: vocabulary,
        interest: text('interest'),
        message: text('message'),
        owner,
        team,
        consents: [{ purpose: `${key}_lead`, legalBasis: 'CONSENT', wording: text('wording') }],
        externalRef: { system: key, value },
      }),
    ),
  });
  const converted = await capture(`${key}_converted`);
  await done(leadConvert as never, { ...converted, name: text('converted'), owner, team });
  await capture(key);
  const common = { customer, pipeline: vocabulary, owner, team, source: text('source'), tags: [key, word] };
  await done(opportunityCreate as never, {
    ...common,
    name: text('lost opportunity'),
    stage: `${vocabulary}_lost`,
    closeReason: vocabulary,
    lostTo: vocabulary,
    closeNote: text('close note'),
    externalRef: { system: key, value: `${key}_lost` },
  });
  const opportunity = encodeId(
    'Opportunity',
    await done(opportunityCreate as never, {
      ...common,
      name: text('opportunity'),
      stage: vocabulary,
      expectedCloseOn: '2026-12-24',
      externalRef: { system: key, value: key },
      priceList: vocabulary,
      value: { amount: '8', currency: 'GBP' },
      lines: [{ product: vocabulary, quantity: '2', unitAmount: '4', description: text('line') }],
    }),
  );
  for (const one of [customer, other])
    await done(opportunityContactAdd as never, { opportunity, customer: one, role: vocabulary, note: text('note') });
  await done(opportunityCompetitorAdd as never, { opportunity, competitor: vocabulary, note: text('note') });
  const quote = async () => ({
    id: encodeId(
      'Quote',
      await done(quoteCreate as never, {
        opportunity,
        priceList: vocabulary,
        note: text('note'),
        validUntil: '2090-01-01',
        lines: [{ product: vocabulary, quantity: '2', unitAmount: '4', taxPercent: '20', description: text('quote line') }],
      }),
    ),
  });
  const sent = await quote();
  await done(quoteSend as never, sent);
  await quote();
  return Object.fromEntries(['Accept', 'Reject', 'Revise'].map((what) => [`Quote${what}Input.id`, sent.id]));
}
