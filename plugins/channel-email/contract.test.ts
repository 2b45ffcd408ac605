// What every plugin must keep to; and that without an account the channel is not there.
import { pluginContract } from 'trato/plugin/testing';
import { expect, it } from 'vitest';
import { plugin } from './index.ts';

const account = {
  workspace: 'main',
  smtp: { host: 'localhost', requireTls: false },
  from: { address: 'service@shop.example' },
  inbound: { secret: 'the-secret-of-the-mail-server-01' },
};

pluginContract(plugin, { config: { accounts: [account] } });

it('without an account it provides nothing', () => {
  const said: string[] = [];
  const log = { info: (_fields: object, message: string) => void said.push(message) };
  const nothing = new Proxy({}, { get: () => expect.fail('it must not register anything') });
  plugin.setup({ config: plugin.config.parse({}), channels: nothing, http: nothing, log } as never);
  expect(said).toEqual(['no mail account is configured: the channel email is not served']);
});

it.each([
  ['a user without a password', { smtp: { host: 'mx', user: 'a' } }],
  ['a password in the open', { smtp: { host: 'mx.example', user: 'a', password: 'b', requireTls: false } }],
  ['a sender that is no address', { from: { address: 'x' } }],
  ['a short secret', { inbound: { secret: 'short' } }],
  ['a setting that nobody knows', { imap: {} }],
])('its configuration is refused: %s', (_what, more) => {
  expect(plugin.config.safeParse({ accounts: [account] }).success).toBe(true);
  expect(plugin.config.safeParse({ accounts: [{ ...account, ...more }] }).success).toBe(false);
});

it('accounts share neither workspace nor secret', () => {
  expect(plugin.config.safeParse({ accounts: [account, account] }).success).toBe(false);
  expect(plugin.config.safeParse({ accounts: [account, { ...account, workspace: 'b' }] }).success).toBe(false);
});
