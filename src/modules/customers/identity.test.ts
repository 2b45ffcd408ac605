import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { normaliseEmail } from '../../lib/email.ts';
import {
  type IdentityInput,
  identityKey,
  isUserError,
  type NormalIdentity,
  nameFromIdentities,
  normaliseIdentity,
  normalisePhone,
} from './identity.ts';

const normal = (identity: IdentityInput, country: string | null = null) => {
  const found = normaliseIdentity(identity, country);
  return isUserError(found) ? `${found.code} ${found.path.join('.')}` : `${found.kind}|${found.system}|${found.value}`;
};

test.each([
  ['Ada.Lovelace@Example.ORG', 'ada.lovelace@example.org'],
  [' ada@example.org ', 'ada@example.org'],
  ['post@Bücher.example', 'post@xn--bcher-kva.example'],
  ['post@bu\u0308cher.example', 'post@xn--bcher-kva.example'],
  ['jürgen+crm@例え.jp', 'jürgen+crm@xn--r8jz45g.jp'],
  ["o'neil/x=1@sub.example.co.uk", "o'neil/x=1@sub.example.co.uk"],
])('the e-mail address %s is %s', (written, wanted) => {
  expect(normaliseEmail(written)).toBe(wanted);
});

test.each([
  '',
  '@example.org',
  'ada',
  'ada@',
  'ada@localhost',
  'ada@@example.org',
  'a b@example.org',
  'ada.@example.org',
  '.ada@example.org',
  'ada..b@example.org',
  'ada@-example.org',
  'ada@example..org',
  'ada@example.123',
  '"ada"@example.org',
  'ada@[127.0.0.1]',
  `${'a'.repeat(65)}@example.org`,
  `ada@${'a'.repeat(64)}.org`,
])('%j is no e-mail address', (written) => {
  expect(normaliseEmail(written)).toBeNull();
});

test.each([
  ['+44 20 7946 0958', null, '+442079460958'],
  ['020 7946 0958', 'GB', '+442079460958'],
  ['(020) 7946-0958', 'GB', '+442079460958'],
  ['00 49 30 901820', 'DE', '+4930901820'],
  ['+1 (415) 555-2671', 'GB', '+14155552671'],
] as const)('the phone number %s in %s is %s', (written, country, wanted) => {
  expect(normalisePhone(written, country)).toBe(wanted);
});

test.each([
  ['020 7946 0958', null],
  ['+44', null],
  ['12', 'GB'],
  ['call me', 'GB'],
  ['+999 123456', null],
  ['my number is +44 20 7946 0958', null],
] as const)('%s in %s is no phone number', (written, country) => {
  expect(normalisePhone(written, country)).toBeNull();
});

describe('identities', () => {
  test('of each kind have one comparable form', () => {
    expect(normal({ kind: 'SOCIAL', system: ' Mastodon ', value: '@Ada@Example.social' })).toBe('SOCIAL|mastodon|ada@example.social');
    expect(normal({ kind: 'EXTERNAL', system: 'ERP', value: ' A-17b ' })).toBe('EXTERNAL|erp|A-17b');
    expect(normal({ kind: 'WEB_VISITOR', value: 'Xy9' })).toBe('WEB_VISITOR||Xy9');
    expect(normal({ kind: 'PHONE', value: '020 7946 0958' }, 'GB')).toBe('PHONE||+442079460958');
  });

  test('say what is wrong with them, and where', () => {
    expect(normal({ kind: 'EMAIL', value: 'nobody' })).toBe('EMAIL_INVALID value');
    expect(normal({ kind: 'PHONE', value: '020 7946 0958' })).toBe('PHONE_INVALID value');
    expect(normal({ kind: 'EMAIL', system: 'gmail', value: 'ada@example.org' })).toBe('IDENTITY_SYSTEM system');
    expect(normal({ kind: 'SOCIAL', value: '@ada' })).toBe('IDENTITY_SYSTEM system');
    expect(normal({ kind: 'SOCIAL', system: 'mastodon', value: ' @ ' })).toBe('HANDLE_INVALID value');
    expect(normal({ kind: 'EXTERNAL', system: ' ', value: '1' })).toBe('IDENTITY_SYSTEM system');
  });

  test('that are normal stay as they are', () => {
    const written = fc.oneof(
      fc.record({ kind: fc.constant('EMAIL' as const), value: fc.emailAddress() }),
      fc.record({ kind: fc.constant('PHONE' as const), value: fc.stringMatching(/^\+(44|49|1)[ -]?[2-9]\d{6,9}$/) }),
      fc.record({
        kind: fc.constantFrom('SOCIAL' as const, 'EXTERNAL' as const),
        system: fc.string({ minLength: 1, maxLength: 9 }),
        value: fc.string({ minLength: 1 }),
      }),
    );
    fc.assert(
      fc.property(written, (identity) => {
        const once = normaliseIdentity(identity, null);
        fc.pre(!isUserError(once));
        const again = normaliseIdentity({ kind: once.kind, system: once.system, value: once.value }, 'FR');
        expect(again).toMatchObject({ kind: once.kind, system: once.system, value: once.value });
        expect(identityKey(again as NormalIdentity)).toBe(identityKey(once));
      }),
    );
  });
});

test('a name is taken from the identity that says most', () => {
  const found = [
    { kind: 'EXTERNAL', system: 'erp', value: '17' },
    { kind: 'PHONE', value: '+44 20 7946 0958' },
    { kind: 'EMAIL', value: 'Ada@Example.org' },
  ] as const;
  const identities = found.map((one) => normaliseIdentity(one, null) as NormalIdentity);
  expect(nameFromIdentities(identities)).toBe('Ada@Example.org');
  expect(nameFromIdentities(identities.slice(0, 2))).toBe('+44 20 7946 0958');
  expect(nameFromIdentities(identities.slice(0, 1))).toBe('17');
  expect(nameFromIdentities([])).toBe('');
});
