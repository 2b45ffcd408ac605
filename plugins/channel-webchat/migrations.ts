// Replies that wait for the widget to fetch them. A migration that was released never changes: what comes later is another one.

export const migrations = {
  '001_outbox': `
    create table outbox (
      workspace_id uuid not null,
      -- The id of the message: sent again it is the same reply.
      id uuid not null,
      -- So that erasing the customer finds it.
      customer_id uuid not null,
      -- Site and visitor.
      address text not null,
      -- The widget's cursor.
      position bigint not null,
      body text not null,
      created_at timestamptz(3) not null,
      told_at timestamptz(3),
      reported_at timestamptz(3),
      primary key (workspace_id, id)
    );
    create unique index outbox_of_visitor on outbox (workspace_id, address, position);
    create index outbox_unreported on outbox (workspace_id, address) where told_at is not null and reported_at is null;
    create index outbox_of_customer on outbox (workspace_id, customer_id);
    -- Where each visitor's replies have got to. Whoever adds one holds the row until it commits: a later position never
    -- shows before an earlier one, and so the widget misses none.
    create table counters (
      workspace_id uuid not null,
      address text not null,
      last bigint not null,
      primary key (workspace_id, address)
    )`,
};
