// Query.events as SQL: the log is read in its own order, and its cursors are those of the feeds.
import sql, { raw, type Sql } from 'sql-template-tag';
import { eventsSql, headSeq } from '../../events/index.ts';
import { apiError } from '../../graphql/errors.ts';
import { type ListPlan, listSql } from '../../query/list-plan.ts';
import { pageDirection } from '../../query/page.ts';
import { guarded, newAlias, type Place, refusedThere } from '../../query/plan.ts';
import { perRun } from '../../query/template.ts';
import { changedVisibly } from './changed.ts';
import { type EventsArgs, eventCursor, eventFilter, requireEvents } from './events-args.ts';
import { visibleEvents } from './visibility.ts';

/** The cursor of an event as `encodeCursor` writes it. */
export function eventCursorSql(seq: Sql): Sql {
  return sql`translate(encode(convert_to('event:' || ${seq}, 'UTF8'), 'base64'), '+/=', '-_')`;
}

export function eventsPlan(place: Place): Sql {
  const state = perRun((run) => {
    requireEvents(run.viewer);
    const args = place.field.args(run) as EventsArgs & { first?: number | null };
    const { limit } = pageDirection({ first: args.first ?? null });
    const { changed, ...filter } = eventFilter(run.viewer, args);
    const seen = visibleEvents(run.viewer);
    const visible = changed ? sql`${seen} and ${changedVisibly(run.viewer, changed)}` : seen;
    return { limit, after: eventCursor(args.after), query: { ...filter, visible } };
  });
  const row = newAlias(place.build);
  const list: ListPlan = {
    row,
    entity: null,
    window: (run) => ({ limit: state(run).limit, backward: false, asked: state(run).after !== undefined }),
    rows(run, limit) {
      const { query, after = 0n } = state(run);
      return eventsSql({ ...query, after, limit });
    },
    cursor: eventCursorSql(raw(`${row}.seq`)),
    count: (run, limit) => sql`select from (${eventsSql({ ...state(run).query, limit })}) c`,
  };
  const page = listSql(place, list);
  const ahead = refusedThere(() => apiError('CURSOR_AHEAD'));
  return guarded((run) => {
    const { after } = state(run);
    return after === undefined ? page : sql`case when ${after}::int8 <= ${headSeq} then ${page} else ${ahead} end`;
  });
}
