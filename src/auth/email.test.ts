import { describe, expect, it } from 'vitest';
import { isEmail, normaliseEmail } from './email.ts';

describe('e-mail addresses', () => {
  it('have one spelling', () => {
    expect(normaliseEmail('  Ada@Example.COM ')).toBe('ada@example.com');
    expect(normaliseEmail('jose\u0301@example.com')).toBe('jos\u00e9@example.com');
  });

  it.each(['ada@example.com', 'a.b+c@mail.example.co.uk', 'josé@exämple.de', "o'neil@example.com"])('accepts %s', (address) => {
    expect(isEmail(address)).toBe(true);
  });

  it.each([
    '',
    '@',
    'ada',
    'ada@',
    '@example.com',
    'ada@localhost',
    'a b@example.com',
    'a@@example.com',
    '.a@example.com',
    'a.@example.com',
    'a..b@example.com',
    'a@-x.com',
    'a@x..com',
    'a@x.com.',
    'a\0b@example.com',
    `${'a'.repeat(65)}@example.com`,
    `a@${'b.'.repeat(130)}com`,
  ])('refuses %j', (address) => {
    expect(isEmail(address)).toBe(false);
  });
});
