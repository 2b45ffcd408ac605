import fc from 'fast-check';
import { afterEach, describe, expect, it, test } from 'vitest';
import { addressOf, allowedOutbound, allowOutbound, isAllowedHost, isPublicAddress, mayReach } from './private-address.ts';

afterEach(() => allowOutbound([]));

const isPrivate = [
  ...['0.0.0.0', '0.1.2.3', '10.0.0.1', '100.64.0.1', '127.0.0.1', '127.255.255.254', '169.254.169.254', '172.16.0.1', '172.31.255.255'],
  ...['192.0.0.1', '192.0.2.1', '192.168.1.1', '198.18.0.1', '198.51.100.1', '203.0.113.1', '224.0.0.1', '240.0.0.1', '255.255.255.255'],
  ...[
    '::',
    '::1',
    'fc00::1',
    'fd12:3456::1',
    'fe80::1',
    'fe80::1%eth0',
    'fec0::1',
    'ff02::1',
    '2001:db8::1',
    '100::1',
    '64:ff9b:1::8.8.8.8',
  ],
  ...[
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '::127.0.0.1',
    '::ffff:0:10.0.0.1',
    '64:ff9b::169.254.169.254',
    '2002:7f00:1::',
    '2002:0a00:0001::1',
  ],
  // Teredo writes the client's address inverted: this is 127.0.0.1.
  ...['2001:0:4136:e378:8000:63bf:80ff:fffe', '2a00:1450::5efe:127.0.0.1', '4000::1', '8.8.8.8%eth0'],
];
const isOpen = [
  '8.8.8.8',
  '1.1.1.1',
  '172.32.0.1',
  '100.128.0.1',
  '2606:4700:4700::1111',
  '::ffff:8.8.8.8',
  '64:ff9b::8.8.8.8',
  '2002:808:808::',
];

test.each(isPrivate)('%s is not public', (ip) => expect(isPublicAddress(ip)).toBe(false));
test.each(isOpen)('%s is public', (ip) => expect(isPublicAddress(ip)).toBe(true));
test.each(['', 'localhost', '127.1', '0x7f.1', '2130706433', '010.0.0.1', '1.2.3.4/8', '1.2.3'])(
  '%j is no plain address, so not public',
  (ip) => {
    expect(isPublicAddress(ip)).toBe(false);
  },
);

const privateV4 = fc.oneof(
  fc.tuple(fc.constantFrom(0, 10, 127), fc.nat(255), fc.nat(255), fc.nat(255)),
  fc.tuple(fc.constant(192), fc.constant(168), fc.nat(255), fc.nat(255)),
  fc.tuple(fc.constant(172), fc.integer({ min: 16, max: 31 }), fc.nat(255), fc.nat(255)),
  fc.tuple(fc.constant(169), fc.constant(254), fc.nat(255), fc.nat(255)),
  fc.tuple(fc.integer({ min: 224, max: 255 }), fc.nat(255), fc.nat(255), fc.nat(255)),
);
const hex = (a: number, b: number) => ((a << 8) | b).toString(16);

test('a private IPv4 address is private in whatever form it is written', () => {
  fc.assert(
    fc.property(privateV4, ([a, b, c, d]) => {
      const forms = [
        ...[`${a}.${b}.${c}.${d}`, `::ffff:${a}.${b}.${c}.${d}`, `::${hex(a, b)}:${hex(c, d)}`, `::ffff:0:${hex(a, b)}:${hex(c, d)}`],
        ...[`64:ff9b::${hex(a, b)}:${hex(c, d)}`, `2002:${hex(a, b)}:${hex(c, d)}::1`, `2a00::200:5efe:${hex(a, b)}:${hex(c, d)}`],
        `2001::${hex(a ^ 255, b ^ 255)}:${hex(c ^ 255, d ^ 255)}`,
      ];
      for (const form of forms) expect([form, isPublicAddress(form)]).toEqual([form, false]);
      // Odd forms in a URL come out as the plain one.
      const number = ((a * 256 + b) * 256 + c) * 256 + d;
      for (const host of [
        `${number}`,
        `0x${number.toString(16)}`,
        `0${a.toString(8)}.${b}.${c * 256 + d}`,
        `[::ffff:${a}.${b}.${c}.${d}]`,
      ]) {
        const found = addressOf(new URL(`http://${host}/`));
        expect([host, found !== null && isPublicAddress(found)]).toEqual([host, false]);
      }
    }),
  );
});

test('no private IPv6 address is public, nor anything outside of 2000::/3 that embeds nothing', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('fc', 'fd', 'fe', 'ff', '40', '01'),
      fc.nat(255),
      fc.array(fc.nat(65535), { minLength: 7, maxLength: 7 }),
      (first, second, rest) => {
        const ip = [`${first}${second.toString(16).padStart(2, '0')}`, ...rest.map((part) => (part || 1).toString(16))].join(':');
        expect([ip, isPublicAddress(ip)]).toEqual([ip, false]);
      },
    ),
  );
});

describe('what the operator allows', () => {
  it('may be reached, and nothing beside it', () => {
    allowOutbound(['127.0.0.0/8', ' fd00::/8', '10.1.2.3', 'Receiver.internal', '']);
    for (const ip of ['127.0.0.1', '::ffff:127.0.0.1', 'fd12::1', '10.1.2.3', '8.8.8.8']) expect([ip, mayReach(ip)]).toEqual([ip, true]);
    for (const ip of ['10.1.2.4', '192.168.0.1', 'fc00::1', '::1', '64:ff9b::127.0.0.1']) expect([ip, mayReach(ip)]).toEqual([ip, false]);
    expect(isAllowedHost('receiver.internal.')).toBe(true);
    expect(isAllowedHost('other.internal')).toBe(false);
    expect(isPublicAddress('127.0.0.1')).toBe(false);
    expect(allowedOutbound()).toEqual(['127.0.0.0/8', 'fd00::/8', '10.1.2.3/32', 'receiver.internal']);
  });

  it.each(['10.0.0.0/33', 'http://x', 'a..b', 'a b', '-x'])('is refused as %j', (entry) =>
    expect(() => allowOutbound([entry])).toThrow('neither'),
  );
});
