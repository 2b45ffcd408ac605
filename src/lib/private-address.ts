// Which addresses requests to outside may go to: public ones, and what the operator allowed beside them.
import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** Whether an address belongs to the public internet. Text that is no plain IP address does not. */
export function isPublicAddress(ip: string): boolean {
  const address = parse(ip);
  return address !== null && isPublic(address);
}

let ranges: [Address, number][] = [];
let names: string[] = [];

/**
 * Sets which addresses and hosts may be reached though they are private: CIDRs, single addresses and names of hosts.
 * Said once at start, by the operator; throws where an entry is neither.
 */
export function allowOutbound(list: readonly string[]): void {
  const entries = list.map((entry) => entry.trim().toLowerCase()).filter((entry) => entry !== '');
  const found = entries.map((entry) => ({ entry, range: rangeOf(entry) }));
  for (const { entry, range } of found) {
    if (!range && !/^(?!.*\.\.)[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?$/.test(entry)) {
      throw new Error(`${entry} is neither a range of addresses nor the name of a host`);
    }
  }
  ranges = found.flatMap(({ range }) => (range ? [range] : []));
  names = found.flatMap(({ entry, range }) => (range ? [] : [entry]));
}

/** What `allowOutbound` allowed: ranges in CIDR form, then names. */
export function allowedOutbound(): readonly string[] {
  return [...ranges.map(([address, bits]) => `${address}/${bits}`), ...names];
}

/** Whether every address of this host may be reached. */
export function isAllowedHost(host: string): boolean {
  return names.includes(host.toLowerCase().replace(/\.$/, ''));
}

/** Whether a request may go to this address. */
export function mayReach(ip: string): boolean {
  const address = parse(ip);
  if (!address) return false;
  return isPublic(address) || isAllowed(address);
}

/** The address in the place of a URL's host, without brackets; null where that is a name. */
export function addressOf(url: URL): string | null {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  return ipaddr.isValid(host) ? host : null;
}

// Only the plain four-part form: what else stands for an IPv4 address (`0x7f.1`) URLs have turned into it already.
function parse(ip: string): Address | null {
  if (ipaddr.IPv4.isValidFourPartDecimal(ip)) return ipaddr.IPv4.parse(ip);
  if (!ip.includes(':') || !ipaddr.IPv6.isValid(ip)) return null;
  return ipaddr.IPv6.parse(ip);
}

function isPublic(address: Address): boolean {
  if (address instanceof ipaddr.IPv4) return address.range() === 'unicast';
  if (address.zoneId) return false;
  const embedded = embeddedIn(address);
  // One that leads to an IPv4 address through a gateway is as public as that: several names for 127.0.0.1 are still it.
  if (embedded) return embedded.range() === 'unicast';
  // Global unicast is 2000::/3; whatever else is not said to be special is not given out.
  return address.range() === 'unicast' && (address.parts[0]! & 0xe000) === 0x2000;
}

/** The IPv4 address that an IPv6 address stands for; null where it is one of its own. */
function embeddedIn(address: ipaddr.IPv6): ipaddr.IPv4 | null {
  const { parts } = address;
  const at = (high: number, low: number, flip = 0) =>
    new ipaddr.IPv4([high >> 8, high & 255, low >> 8, low & 255].map((byte) => byte ^ flip));
  const zeros = (count: number) => parts.slice(0, count).every((part) => part === 0);
  switch (address.range()) {
    case 'ipv4Mapped':
    case 'rfc6145':
      return at(parts[6]!, parts[7]!);
    case 'rfc6052':
      // 64:ff9b:1::/48 is for local use, whatever it embeds.
      return parts[2] === 0 ? at(parts[6]!, parts[7]!) : new ipaddr.IPv4([127, 0, 0, 1]);
    case '6to4':
      return at(parts[1]!, parts[2]!);
    case 'teredo':
      return at(parts[6]!, parts[7]!, 255);
    default:
      // ::/96, the first way to write an IPv4 address; ISATAP writes it behind an interface of its own.
      if (zeros(6)) return at(parts[6]!, parts[7]!);
      return parts[5] === 0x5efe && (parts[4]! & 0xfdff) === 0 ? at(parts[6]!, parts[7]!) : null;
  }
}

function isAllowed(address: Address): boolean {
  const plain = address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress() ? address.toIPv4Address() : address;
  return ranges.some(([range, bits]) => range.kind() === plain.kind() && plain.match(range as never, bits));
}

function rangeOf(entry: string): [Address, number] | null {
  if (ipaddr.isValidCIDR(entry)) return ipaddr.parseCIDR(entry);
  const address = parse(entry);
  return address && [address, address.kind() === 'ipv4' ? 32 : 128];
}
