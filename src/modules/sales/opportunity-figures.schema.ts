// What is worked out of an opportunity: how long it has stood where, what it counts, and whether it is stalled.
import sql, { raw } from 'sql-template-tag';
import { builder } from '../../graphql/builder.ts';
import { MoneyRef } from '../../graphql/common-types.ts';
import { exposed, planned } from '../../graphql/planned.ts';
import { refOf } from '../../graphql/refs.ts';
import { entityNamed } from '../../query/entity.ts';
import { oneSql } from '../../query/entity-plans.ts';
import { columnsAt, compositeSql, newAlias, objectType, type Place, selectFields } from '../../query/plan.ts';
import { hidesColumn, mayRead } from '../../query/policy.ts';
import { setsOf } from '../../query/selection.ts';
import { opportunity } from './opportunities.entity.ts';

const StageTimeRef = builder.objectRef<object>('StageTime').implement({
  description: 'How long an opportunity stood in a stage.',
  fields: (t) => ({
    stage: t.field({
      type: refOf('PipelineStage'),
      nullable: true,
      description: 'The stage; null where the role does not see it.',
      ...planned((place) => oneSql(place, entityNamed('PipelineStage'), columnsAt(place)('stage_id'))),
    }),
    seconds: t.field({
      type: 'Int',
      description: 'For how many seconds in all, until now where it stands there and is open.',
      ...exposed('seconds'),
    }),
    entries: t.field({ type: 'Int', description: 'How often it came there.', ...exposed('entries') }),
  }),
});

const hides = (place: Place, ...columns: string[]) => columns.some((column) => hidesColumn(place.build, opportunity, column));

// What a stage says could be worked out of the figure.
function hidesStage(place: Place, column: string): boolean {
  const stage = entityNamed('PipelineStage');
  return !mayRead(place.build, stage) || hidesColumn(place.build, stage, column);
}

function timesSql(place: Place) {
  const c = columnsAt(place);
  const alias = newAlias(place.build);
  const items = selectFields(place.build, objectType(place.field.def!.type), setsOf(place.field.nodes), alias, null, place.path);
  return sql`(select coalesce(json_agg(row_to_json(j)), '[]') from (select ${items} from (
    select h.to_id as stage_id, count(*)::int as entries, min(h.occurred_at) as first,
      floor(sum(extract(epoch from coalesce(h.left_at, case when ${c('status')} = 'OPEN' then greatest(now(), h.occurred_at) else h.occurred_at end) - h.occurred_at)))::int as seconds
    from opportunity_transitions h where h.workspace_id = ${c('workspaceId')} and h.opportunity_id = ${c('id')} group by 1 order by first, 1
  ) ${raw(alias)}) j)`;
}

builder.objectFields(refOf('Opportunity'), (t) => ({
  secondsInStage: t.field({
    type: 'Int',
    nullable: true,
    description: 'For how many seconds it has stood in its stage.',
    ...planned((place) =>
      hides(place, 'stageSince')
        ? sql`null::int`
        : sql`greatest(0, floor(extract(epoch from now() - ${columnsAt(place)('stageSince')})))::int`,
    ),
  }),
  timeInStages: t.field({
    type: [StageTimeRef],
    nullable: true,
    description: 'How long it stood in each stage, in the order in which it first came there.',
    ...planned((place) => (hides(place, 'stageId', 'transitions') ? sql`null::json` : timesSql(place))),
  }),
  weightedValue: t.field({
    type: MoneyRef,
    nullable: true,
    description: 'Its value times how likely it is won.',
    ...planned((place) => {
      if (hides(place, 'valueAmount', 'probability', 'stageId') || hidesStage(place, 'probability')) return sql`null::json`;
      const c = columnsAt(place);
      return compositeSql(
        place,
        (
          alias,
        ) => sql`from (select round(${c('valueAmount')} * coalesce(${c('probability')}, s.probability), 4) as amount, ${c('valueCurrency')} as currency
          from pipeline_stages s where s.workspace_id = ${c('workspaceId')} and s.id = ${c('stageId')} and ${c('valueAmount')} is not null) ${raw(alias)}`,
      );
    }),
  }),
  stalled: t.field({
    type: 'Boolean',
    nullable: true,
    description: 'Whether it is open and has stood in its stage for longer than the stage allows.',
    ...planned((place) => {
      if (hides(place, 'status', 'stageSince', 'stageId') || hidesStage(place, 'stalledAfterDays')) return sql`null::bool`;
      const c = columnsAt(place);
      return sql`(${c('status')} = 'OPEN' and exists (select from pipeline_stages s where s.workspace_id = ${c('workspaceId')} and s.id = ${c('stageId')}
        and ${c('stageSince')} + make_interval(days => s.stalled_after_days) < now()))`;
    }),
  }),
}));
