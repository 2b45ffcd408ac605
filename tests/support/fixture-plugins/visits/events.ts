import { type EventsHost, sql } from 'trato/plugin';

export function followEvents(events: EventsHost): void {
  events.on('follow', ['interaction.recorded', 'customer.erased'], async (ctx, event) => {
    const { customerId, type, data } = event;
    if (customerId === null) return;
    if (type === 'customer.erased') {
      await ctx.sql(sql`delete from visits where workspace_id = ${ctx.workspaceId} and customer_id = ${customerId}`);
      return;
    }
    // A contact on the day of a planned visit was the visit.
    await ctx.sql(sql`
      update visits set state = 'MADE' where workspace_id = ${ctx.workspaceId} and customer_id = ${customerId}
        and state = 'PLANNED' and day = (${data.after?.occurredAt ?? null}::text)::timestamptz::date`);
  });
}
