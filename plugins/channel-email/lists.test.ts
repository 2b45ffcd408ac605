// Who is taken to have written what a list passes on: whoever posts to it may write headers of their own.
import { expect, it } from 'vitest';
import type { Account } from './config.ts';
import { writerBehind } from './lists.ts';
import type { Mail } from './mail.ts';

const account = { from: { address: 'service@shop.example' } } as Account;

function writerOf(told: Record<string, string | string[]>, name = 'Ada via Service') {
  const headers: Record<string, string | string[]> = { 'list-id': 'Service <service.shop.example>', ...told };
  const mail = { from: { address: 'service@shop.example', name }, headers: (one: string) => [headers[one] ?? []].flat() };
  return writerBehind(account, mail as Mail)?.address;
}

it.each<[string, Record<string, string | string[]>, string]>([
  ['one and the same in both', { 'x-original-from': 'Ada <ada@example.org>', 'reply-to': 'ADA@example.org' }, 'ada@example.org'],
  ['the one who is not the list', { 'x-original-from': 'ada@example.org', 'reply-to': 'Service@shop.example' }, 'ada@example.org'],
  ['a name with an address and a comma', { 'reply-to': '"b@example.org, Ada" <ada@example.org>' }, 'ada@example.org'],
  ['an apostrophe', { 'reply-to': "Pat O'Brien <o'brien@example.org>" }, "o'brien@example.org"],
])('is told by %s', (_what, told, address) => {
  expect(writerOf(told)).toBe(address);
});

it.each<[string, Record<string, string | string[]>]>([
  ['a header that was there before the list added its own', { 'x-original-from': ['victim@example.org', 'ada@example.org'] }],
  ['the same below', { 'x-original-from': ['ada@example.org', 'victim@example.org'] }],
  ['a header that this list does not write', { 'x-original-from': 'victim@example.org', 'reply-to': 'ada@example.org' }],
  [
    'an address beside that which the list added',
    { 'x-original-from': 'victim@example.org', 'reply-to': 'victim@example.org, ada@example.org' },
  ],
  ['a quote in a name', { 'reply-to': '"\\" <victim@example.org>, \\"" <ada@example.org>' }],
])('is nobody where somebody else is named by %s', (_what, told) => {
  expect(writerOf(told)).toBeUndefined();
});

it('is not the list, through which the company itself wrote', () => {
  expect(writerOf({ 'list-id': 'Team <team.shop.example>', 'reply-to': 'Team <Team@shop.example>' })).toBeUndefined();
  expect(
    writerOf({ 'list-id': '<17.lists.example>', 'list-post': '<mailto:team@shop.example>', 'reply-to': 'team@shop.example' }),
  ).toBeUndefined();
});

it.each<[string, Record<string, string>, string?]>([
  ['at signs', { 'reply-to': `${'@'.repeat(1_000_000)} x` }],
  ['letters', { 'reply-to': 'x'.repeat(1_000_000) }],
  ['addresses', { 'reply-to': 'a@'.repeat(500_000) }],
  ['spaces', { 'reply-to': `a@b${' '.repeat(1_000_000)}x` }],
  ['quotes', { 'reply-to': '"a'.repeat(500_000) }],
  ['a name', { 'reply-to': 'ada@example.org' }, `${' via '.repeat(200_000)}\nx`],
])('is found at once among a million characters: %s', (_what, told, name) => {
  expect([undefined, 'ada@example.org']).toContain(writerOf(told, name));
});
