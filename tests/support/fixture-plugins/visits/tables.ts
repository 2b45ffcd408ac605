import type { AttributesHost, TablesHost } from 'trato/plugin';

export function addTables(tables: TablesHost): void {
  tables.migrations({
    '001_visits': `
      create table visits (
        workspace_id uuid not null,
        id uuid not null default gen_random_uuid(),
        customer_id uuid not null,
        day date not null,
        state text not null default 'PLANNED',
        primary key (workspace_id, id)
      );
      create index on visits (workspace_id, customer_id, day);`,
    '002_by_day': 'create index on visits (workspace_id, day, id)',
    '003_days': 'create table days (workspace_id uuid not null, day date not null, primary key (workspace_id, day))',
  });
}

export function addAttributes(attributes: AttributesHost): void {
  attributes.define('Customer', {
    key: 'door',
    name: 'Door',
    description: 'Where to ring.',
    type: 'TEXT',
  });
}
