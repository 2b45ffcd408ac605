// What other modules may use of sales.

export { fromUnits, lineAmount, sumOf, toUnits } from './amounts.ts';
export { priceCommands, priceListCommands, productCommands } from './catalogue.commands.ts';
export { exchangeRate, price, priceList, product } from './catalogue.entity.ts';
export { createOpportunity, type MoneyInput, type NewOpportunity, type Winning, winOpportunity } from './create.ts';
export type { LineInput } from './draft.ts';
export { exchangeRatesUpsert } from './exchange-rates.command.ts';
export { opportunityMove } from './move.command.ts';
export { opportunitiesUpsert, opportunityCreate, opportunityUpdate } from './opportunities.commands.ts';
export { opportunity, opportunityCompetitor, opportunityContact, opportunityLine, opportunityTransition } from './opportunities.entity.ts';
export { decimalBetween, lineFields, pipelineRef, priceListRef, productRef, stageRef } from './opportunity-fields.ts';
export { lockOpportunities, lockOpportunity } from './ownership.ts';
export { opportunityContactAdd, opportunityLinesSet } from './parts.commands.ts';
export { pipelineCommands, pipelineStageCommands } from './pipelines.commands.ts';
export { pipeline, pipelineStage } from './pipelines.entity.ts';
export { baseAmountSql, recomputeBaseAmounts, toBase } from './rates.ts';
export { closeReasonCommands, competitorCommands, opportunityRoleCommands } from './sales-words.commands.ts';
export { closeReason, competitor, opportunityRole } from './sales-words.entity.ts';
export { firstStage, loadPipelines, requireStage } from './stages.ts';
