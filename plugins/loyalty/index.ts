// Points and tiers: customers earn points by what they buy, spend them, and lose what they leave for too long.
import { definePlugin } from 'trato/plugin';
import { addToApi } from './api.ts';
import { config, shareOf } from './config.ts';
import { follow, followed } from './earning.ts';
import { expireEverywhere } from './expiry.ts';
import { migrations } from './migrations.ts';
import { accountsOf, mapValues } from './reading.ts';

const HOUR = 3_600;

export const plugin = definePlugin({
  id: 'loyalty',
  version: '1.1.0',
  api: '^1.0.0',
  description: 'Points and tiers: earned by purchases, spent, and expiring.',
  config,
  capabilities: ['schema', 'tables', 'events', 'schedules', 'strategies', 'read:customers', 'read:interactions', 'read:vocabularies'],
  scopes: {
    'loyalty:read': 'See points, tiers and how they came about.',
    'loyalty:write': 'Spend and correct points.',
  },
  setup({ config, schema, tables, events, schedules, strategies }) {
    tables.migrations(migrations);
    addToApi(schema, config);
    events.on('earning', followed, (ctx, event) => follow(ctx, config, event));
    schedules.every('expiry', HOUR, expireEverywhere);
    strategies.leadScore('engagement', async (ctx, customerIds) =>
      mapValues(await accountsOf(ctx, customerIds), ({ earnedTotal }) => shareOf(config, earnedTotal)),
    );
  },
});
