// What an answer tells where the fields are called as in Trato: its own answers, bare Apollo's and raw HTTP's.
import type { RequestKey } from '../world.ts';

type Interaction = { subject: string | null };
type Customer = { displayName: string; owner: { name: string }; interactions: { nodes: Interaction[] } };
type Customers = { nodes: Customer[]; pageInfo: { hasNextPage: boolean }; totalCount: { value: number } };
type Thing = Record<string, string | null>;
type Timeline = { timeline: { nodes: { node: Thing }[]; pageInfo: { hasNextPage: boolean } } };
export type Answer = { customers: Customers; customer: Customer & Timeline };

export function tell(key: RequestKey, { customers, customer }: Answer): unknown {
  if (key === 'One') return [customer.displayName, customer.owner.name];
  if (key === 'Count') return customers.totalCount.value;
  if (key === 'Deep') return [customers.nodes.map((node) => node.displayName), customers.pageInfo.hasNextPage];
  if (key === 'Timeline') return customer.timeline.nodes.map(({ node }) => thing(node.__typename!, node)).sort();
  return [
    customers.nodes.map((node) => [node.displayName, node.interactions.nodes.map((one) => one.subject)]),
    customers.pageInfo.hasNextPage,
  ];
}

/** The things of a customer's lists of one type each, by the names of their types, as those of a timeline. */
export function things(lists: Record<string, unknown>): string[] {
  return Object.entries(lists)
    .flatMap(([name, list]) => {
      const type = name === 'From' || name === 'To' ? 'Relationship' : name;
      const nodes = Array.isArray(list) ? (list as Thing[]) : ((list as { nodes?: Thing[] } | null)?.nodes ?? []);
      return nodes.map((node) => thing(type, node));
    })
    .sort();
}

function thing(type: string, node: Thing): string {
  return `${type} ${node.topic ?? node.subject ?? node.reason ?? node.title}`;
}
