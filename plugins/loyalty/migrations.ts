// The tables of the programme. A migration that was released never changes: what comes later is another one.

export const migrations = {
  '001_accounts': `
    create table accounts (
      workspace_id uuid not null,
      customer_id uuid not null,
      -- What can be spent: the sum of what remains of the entries.
      balance integer not null default 0 check (balance >= 0),
      -- What was earned in all: it decides the tier, and spending does not lessen it.
      earned_total integer not null default 0 check (earned_total >= 0),
      -- How many entries there are.
      entries integer not null default 0,
      -- The tier that was told last.
      tier text not null,
      member_since timestamptz(3) not null,
      primary key (workspace_id, customer_id)
    )`,
  '002_entries': `
    create table entries (
      workspace_id uuid not null,
      customer_id uuid not null,
      -- In the order in which they were written, from 1.
      position integer not null,
      kind text not null check (kind in ('EARNED', 'SPENT', 'ADJUSTED', 'EXPIRED')),
      points integer not null,
      -- What has been neither spent nor expired of the points that this entry brought.
      remaining integer not null default 0 check (remaining between 0 and greatest(points, 0)),
      reason text,
      -- The interaction that it comes from: each counts once.
      source uuid,
      expires_at timestamptz(3),
      created_at timestamptz(3) not null,
      primary key (workspace_id, customer_id, position),
      unique (workspace_id, source),
      foreign key (workspace_id, customer_id) references accounts on delete cascade,
      check (points <= 0 or expires_at is not null)
    );
    create index entries_to_spend on entries (workspace_id, customer_id, expires_at, position) where remaining > 0;
    create index entries_to_expire on entries (workspace_id, expires_at) where remaining > 0`,
  '003_purchases': `
    create table purchases (
      workspace_id uuid not null,
      -- The interaction, and a customer for whom it has counted: one that is moved has counted for several.
      interaction_id uuid not null,
      customer_id uuid not null,
      -- The kind that it had when it was last looked at, and the points for a unit of its value since it has that kind.
      kind_id uuid not null,
      points_per_unit text not null,
      occurred_at timestamptz(3) not null,
      -- The points that it counts for now; negative for a cancellation.
      counted integer not null default 0,
      -- What could not be taken back, because it was not there any more: of the balance, and of what was earned in all.
      points_short integer not null default 0 check (points_short >= 0),
      earned_short integer not null default 0 check (earned_short >= 0),
      primary key (workspace_id, interaction_id, customer_id),
      foreign key (workspace_id, customer_id) references accounts on delete cascade
    );
    create index purchases_of_customer on purchases (workspace_id, customer_id, occurred_at);
    -- The interaction that an entry comes from; the column source names it in the first of its entries alone.
    alter table entries add column purchase uuid,
      -- How many of the points that this entry brought have expired.
      add column expired integer not null default 0 check (expired between 0 and greatest(points, 0));
    create index entries_of_purchase on entries (workspace_id, purchase) where purchase is not null`,
  '004_owed': `
    -- Few are owed anything, whatever else a customer has bought since.
    create index purchases_owed on purchases (workspace_id, customer_id, occurred_at, interaction_id)
      where counted < 0 and (points_short > 0 or earned_short > 0)`,
};
