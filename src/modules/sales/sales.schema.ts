import sql, { raw } from 'sql-template-tag';
import { ActorRef } from '../../graphql/actor.ts';
import { builder } from '../../graphql/builder.ts';
import { bulkMutation } from '../../graphql/bulk-mutation.ts';
import { crudMutations } from '../../graphql/crud-mutations.ts';
import { entityMutation } from '../../graphql/mutation.ts';
import { entityRootFields, entityType } from '../../graphql/object-type.ts';
import { planned } from '../../graphql/planned.ts';
import { refOf } from '../../graphql/refs.ts';
import { columnsAt, compositeSql } from '../../query/plan.ts';
import { addTimelineSource } from '../customers/index.ts';
import { priceCommands, priceListCommands, productCommands } from './catalogue.commands.ts';
import { exchangeRate, price, priceList, product } from './catalogue.entity.ts';
import { exchangeRatesUpsert } from './exchange-rates.command.ts';
import { opportunityMove } from './move.command.ts';
import {
  opportunitiesUpsert,
  opportunityArchive,
  opportunityCreate,
  opportunityRestore,
  opportunityUpdate,
} from './opportunities.commands.ts';
import { opportunity, opportunityCompetitor, opportunityContact, opportunityLine, opportunityTransition } from './opportunities.entity.ts';
import {
  opportunityCompetitorAdd,
  opportunityCompetitorRemove,
  opportunityContactAdd,
  opportunityContactRemove,
  opportunityLinesSet,
} from './parts.commands.ts';
import { pipelineCommands, pipelineStageCommands } from './pipelines.commands.ts';
import { pipeline, pipelineStage } from './pipelines.entity.ts';
import { closeReasonCommands, competitorCommands, opportunityRoleCommands } from './sales-words.commands.ts';
import { closeReason, competitor, opportunityRole } from './sales-words.entity.ts';
import './opportunity-figures.schema.ts';

const words = [pipeline, pipelineStage, product, priceList, price, exchangeRate, competitor, closeReason, opportunityRole];
for (const entity of [...words, opportunity]) {
  entityType(entity);
  entityRootFields(entity);
}
for (const entity of [opportunityLine, opportunityTransition, opportunityContact, opportunityCompetitor]) entityType(entity);

crudMutations(pipelineCommands, 'Pipeline');
crudMutations(pipelineStageCommands, 'PipelineStage');
crudMutations(productCommands, 'Product');
crudMutations(priceListCommands, 'PriceList');
bulkMutation(priceCommands.upsert, 'Price');
bulkMutation(exchangeRatesUpsert, 'ExchangeRate');
crudMutations(competitorCommands, 'Competitor');
crudMutations(closeReasonCommands, 'CloseReason');
crudMutations(opportunityRoleCommands, 'OpportunityRole');

for (const command of [
  opportunityCreate,
  opportunityUpdate,
  opportunityArchive,
  opportunityRestore,
  opportunityMove,
  opportunityLinesSet,
  opportunityContactAdd,
  opportunityContactRemove,
  opportunityCompetitorAdd,
  opportunityCompetitorRemove,
])
  entityMutation(command as never, 'Opportunity');
bulkMutation(opportunitiesUpsert, 'Opportunity');

addTimelineSource({ entity: 'Opportunity', customerId: 'customerId', at: 'openedAt' });

builder.objectField(refOf('OpportunityTransition'), 'actor', (t) =>
  t.field({
    type: ActorRef,
    nullable: true,
    description: 'Who moved it.',
    ...planned((place) => {
      const c = columnsAt(place);
      return compositeSql(place, (alias) => sql`from (select ${c('actorKind')} as kind, ${c('actorId')} as id) ${raw(alias)}`);
    }),
  }),
);
