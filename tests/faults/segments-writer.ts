// Writes what segments are made of, and keeps in memory what it wrote: from that the test says who belongs where.
import { encodeTypeId } from '../../src/lib/typeid.ts';
import { customerCreate, customerUpdate } from '../../src/modules/customers/index.ts';
import { interactionRecord } from '../../src/modules/interactions/index.ts';
import type { World } from './segments-world.ts';

const DAY = 86_400_000;
/** How far back the rules look. */
const WINDOW = 30 * DAY;

type Contact = { ref: string; customer: string; kind: string; at: number };

export type Writer = {
  /** UUIDs of all customers. */
  customers(): string[];
  /** Makes a customer with two orders. */
  addBuyer(): Promise<string>;
  /** Changes something by chance. One lane at a time: the order of its changes is that of its memory. */
  step(): Promise<void>;
  /** Has all orders of a customer be of long ago. */
  age(customer: string): Promise<void>;
  /** How many orders lie in the window. */
  orders(customer: string, now: number): number;
  golden(customer: string): boolean;
  /** When the last order leaves the window of those that leave it during the test. */
  lastExpiry(): number;
};

let refs = 0;

export function createWriter({ run }: Pick<World, 'run'>): Writer {
  const contacts = new Map<string, Contact>();
  const tags = new Map<string, string[]>();
  let lastExpiry = 0;

  async function record(contact: Contact): Promise<void> {
    const { ref, customer, kind, at } = contact;
    await run(interactionRecord, {
      customer: { id: encodeTypeId('customer', customer) },
      ...{ kind, channel: 'web', direction: 'INBOUND', occurredAt: new Date(at).toISOString() },
      externalRef: { system: 'shop', value: ref },
    });
    contacts.set(ref, contact);
    const expiry = at + WINDOW;
    if (expiry > Date.now() - DAY && expiry < Date.now() + DAY) lastExpiry = Math.max(lastExpiry, expiry);
  }
  const order = (customer: string, at: number): Contact => ({ ref: `order-${++refs}`, customer, kind: 'order_placed', at });

  async function addBuyer(): Promise<string> {
    const { id } = await run(customerCreate, { displayName: 'Buyer' });
    tags.set(id, []);
    for (const days of [1, 2]) await record(order(id, Date.now() - days * DAY));
    return id;
  }

  async function tag(customer: string): Promise<void> {
    const next = golden(customer) ? ['plain'] : ['gold', 'plain'];
    await run(customerUpdate, { id: encodeTypeId('customer', customer), tags: next });
    tags.set(customer, next);
  }

  const golden = (customer: string) => tags.get(customer)!.includes('gold');
  const age = async (customer: string) => {
    for (const one of [...contacts.values()]) if (one.customer === customer) await record({ ...one, at: Date.now() - 40 * DAY });
  };

  // Corrections are as many as new orders, so that customers come and go.
  async function step(): Promise<void> {
    const customer = pick([...tags.keys()]);
    const known = pick([...contacts.values()]);
    const choice = Math.random();
    if (choice < 0.25) return tag(customer);
    if (choice < 0.4) return record(order(customer, Date.now() - Math.random() * 20 * DAY));
    if (choice < 0.5) return record(order(customer, Date.now() - WINDOW + 500 + Math.random() * 3_000));
    if (choice < 0.55) return record({ ...order(customer, Date.now()), kind: 'enquiry' });
    if (choice < 0.8) return record({ ...known, at: Date.now() - (Math.random() < 0.7 ? 40 : 3) * DAY });
    if (choice < 0.9) return record({ ...known, kind: known.kind === 'enquiry' ? 'order_placed' : 'enquiry' });
    return record({ ...known, customer });
  }

  return {
    customers: () => [...tags.keys()],
    addBuyer,
    step,
    age,
    orders: (customer, now) =>
      [...contacts.values()].filter((one) => one.customer === customer && one.kind === 'order_placed' && one.at + WINDOW > now).length,
    golden,
    lastExpiry: () => lastExpiry,
  };
}

const pick = <T>(all: readonly T[]): T => all[Math.floor(Math.random() * all.length)]!;
