// What a new workspace starts with: a pipeline, roles in opportunities and reasons for their end. It may change them all.
import type { ForecastCategory, OpportunityStatus } from '../../db/models.ts';

type DefaultStage = {
  key: string;
  name: string;
  probability: string;
  outcome: OpportunityStatus;
  forecastCategory: ForecastCategory;
  stalledAfterDays?: number;
};

const stages: DefaultStage[] = [
  { key: 'prospecting', name: 'Prospecting', probability: '0.1000', outcome: 'OPEN', forecastCategory: 'PIPELINE', stalledAfterDays: 30 },
  { key: 'engaging', name: 'Engaging', probability: '0.2500', outcome: 'OPEN', forecastCategory: 'PIPELINE', stalledAfterDays: 60 },
  { key: 'proposing', name: 'Proposing', probability: '0.5000', outcome: 'OPEN', forecastCategory: 'BEST_CASE', stalledAfterDays: 30 },
  { key: 'negotiating', name: 'Negotiating', probability: '0.7500', outcome: 'OPEN', forecastCategory: 'COMMITTED', stalledAfterDays: 21 },
  { key: 'won', name: 'Won', probability: '1.0000', outcome: 'WON', forecastCategory: 'COMMITTED' },
  { key: 'lost', name: 'Lost', probability: '0.0000', outcome: 'LOST', forecastCategory: 'OMITTED' },
];

/** The pipeline and its stages: rows of Pipeline and PipelineStage without their ids. */
export const defaultPipeline = {
  pipeline: { key: 'sales', name: 'Sales', position: 0, isDefault: true },
  stages: stages.map((stage, position) => ({ stalledAfterDays: null, ...stage, position })),
};

const words = (...entries: [key: string, name: string][]) => entries.map(([key, name]) => ({ key, name }));

export const defaultOpportunityRoles = words(
  ['buyer', 'Buyer'],
  ['decision_maker', 'Decision maker'],
  ['influencer', 'Influencer'],
  ['user', 'User'],
  ['champion', 'Champion'],
  ['gatekeeper', 'Gatekeeper'],
);

const reasons = (outcome: OpportunityStatus, ...entries: [key: string, name: string][]) =>
  words(...entries).map((entry) => ({ ...entry, outcome }));

export const defaultCloseReasons = [
  ...reasons('WON', ['best_offer', 'Best offer'], ['trust', 'Trust in us'], ['fit', 'Best fit'], ['price_won', 'Best price']),
  ...reasons(
    'LOST',
    ['price', 'Price'],
    ['competitor', 'Competitor'],
    ['no_budget', 'No budget'],
    ['no_need', 'No need'],
    ['no_decision', 'No decision'],
    ['timing', 'Timing'],
  ),
];

export const defaultLeadSources = words(
  ['website', 'Website'],
  ['referral', 'Referral'],
  ['trade_fair', 'Trade fair'],
  ['campaign', 'Campaign'],
  ['partner', 'Partner'],
  ['phone', 'Phone call'],
  ['other', 'Other'],
);
