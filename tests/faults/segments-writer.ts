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
  /** Records two orders of the last days. */
  order(customer: string): Promise<void>;
  /** Turns the tag `gold` of a customer on or off. */
  turnGold(customer: string): Promise<void>;
  /** Makes a customer with two orders, whom `step` changes by chance or leaves alone. */
  addBuyer(options: { changing: boolean }): Promise<string>;
  /** Changes something of a changing customer, one change after the other: so memory and database agree. */
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
  const changing: string[] = [];
  let lastExpiry = 0;

  async function record(contact: Contact): Promise<void> {
    const { ref, customer, kind, at } = contact;
    await run(interactionRecord, {
      customer: { id: encodeTypeId('customer', customer) },
      ...{ kind, channel: 'web', direction: 'INBOUND', occurredAt: new Date(at) },
      externalRef: { system: 'shop', value: ref },
    });
    contacts.set(ref, contact);
    const expiry = at + WINDOW;
    if (expiry > Date.now() - DAY && expiry < Date.now() + DAY) lastExpiry = Math.max(lastExpiry, expiry);
  }
  const order = (customer: string, at: number): Contact => ({ ref: `order-${++refs}`, customer, kind: 'order_placed', at });

  async function orderTwice(customer: string): Promise<void> {
    for (const days of [1, 2]) await record(order(customer, Date.now() - days * DAY));
  }

  const addBuyer: Writer['addBuyer'] = async (options) => {
    const { id } = await run(customerCreate, { displayName: 'Buyer' });
    tags.set(id, []);
    await orderTwice(id);
    if (options.changing) changing.push(id);
    return id;
  };

  async function turnGold(customer: string): Promise<void> {
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
    const customer = pick(changing);
    const known = pick([...contacts.values()].filter((one) => changing.includes(one.customer)));
    const choice = Math.random();
    if (choice < 0.25) return turnGold(customer);
    if (choice < 0.4) return record(order(customer, Date.now() - Math.random() * 20 * DAY));
    if (choice < 0.5) return record(order(customer, Date.now() - WINDOW + 300 + Math.random() * 1_200));
    if (choice < 0.55) return record({ ...order(customer, Date.now()), kind: 'enquiry' });
    if (choice < 0.8) return record({ ...known, at: Date.now() - (Math.random() < 0.7 ? 40 : 3) * DAY });
    if (choice < 0.9) return record({ ...known, kind: known.kind === 'enquiry' ? 'order_placed' : 'enquiry' });
    return record({ ...known, customer });
  }

  return {
    customers: () => [...tags.keys()],
    order: orderTwice,
    turnGold,
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
