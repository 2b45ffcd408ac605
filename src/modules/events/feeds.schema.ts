// The live feed of the whole log. One log, one cursor, backfill first and then live.
import type { EventRow } from '../../events/index.ts';
import { builder } from '../../graphql/builder.ts';
import { feed, type Milestone } from '../../graphql/feed-field.ts';
import './typed-feeds.schema.ts';
import { showsChange } from './entity-feeds.ts';
import { EventRef } from './events.schema.ts';
import { CHANGED, type EventsArgs, eventFilter, NOT_ORIGINS, requireEvents } from './events-args.ts';
import { onlyVisible } from './visible-live.ts';

type Of<K extends Milestone['kind']> = Extract<Milestone, { kind: K }>;

const CaughtUpRef = builder.objectRef<Of<'caughtUp'>>('FeedCaughtUp').implement({
  description: 'Everything that was in the log has been sent: what follows is live.',
  isTypeOf: (item) => (item as { kind?: string }).kind === 'caughtUp',
  fields: (t) => ({ cursor: t.exposeString('cursor', { description: 'Where the feed stands.' }) }),
});

const LaggedRef = builder.objectRef<Of<'lagged'>>('FeedLagged').implement({
  description: 'The receiver was too slow: the feed reads from the log again until it has caught up. Nothing is missed.',
  isTypeOf: (item) => (item as { kind?: string }).kind === 'lagged',
  fields: (t) => ({
    cursor: t.exposeString('cursor', { description: 'Where the feed stands.' }),
    behind: t.exposeInt('behind', { description: 'How many events of the whole log it is behind.' }),
  }),
});

const EventFeedItemRef = builder.unionType('EventFeedItem', {
  description: 'What the event feed sends.',
  types: [EventRef, CaughtUpRef, LaggedRef],
});

builder.subscriptionFields((t) => ({
  events: t.field({
    type: EventFeedItemRef,
    description:
      'The event log: what is there after `after`, FeedCaughtUp, then live. Without `after` it begins at the end. Needs events:read.',
    args: {
      after: t.arg.string({ description: 'Cursor of the last event seen.' }),
      types: t.arg.stringList({ description: 'Only these types.' }),
      subjectId: t.arg.id({ description: 'Only events of this thing; a customer’s id gives everything about the customer.' }),
      changed: t.arg.stringList({ description: CHANGED }),
      notOrigins: t.arg.stringList({ description: NOT_ORIGINS }),
    },
    ...feed<EventsArgs>(
      (viewer, args) => {
        requireEvents(viewer);
        return {
          filter: eventFilter(viewer, args),
          async select(reader, events) {
            const visible = new Set((await onlyVisible(reader, events)).map((event) => event.seq));
            const shown = (event: EventRow) => visible.has(event.seq) && showsChange(reader.viewer, event, args.changed);
            return events.map((event) => (shown(event) ? event : null));
          },
        };
      },
      { milestones: true },
    ),
    resolve: (item) => item as never,
  }),
}));
