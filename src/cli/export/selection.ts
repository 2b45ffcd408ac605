// What an export selects: by default what an import of the same records needs, or the fields asked for.
import { failure } from '../failure.ts';

/** A tree of fields; a leaf is `true`. A list that is a connection is written `name(first: 100)` with `nodes` below it. */
export type Selection = { [field: string]: true | Selection };

const key = { key: true } as const;
const externalRef = { system: true, value: true } as const;
const user = { id: true, name: true, email: true, externalId: externalRef } as const;
const team = { id: true, name: true, externalId: externalRef } as const;
const identities = {
  'identities(first: 100)': { nodes: { kind: true, system: true, value: true, verified: true, primary: true } },
} as const;
const money = { amount: true, currency: true } as const;
const customer = { id: true, kind: true, displayName: true, ...identities } as const;
const times = { createdAt: true, updatedAt: true } as const;

/** The exportable connections of Query, each with its default selection. */
export const EXPORTS: Record<string, Selection> = {
  customers: {
    id: true,
    kind: true,
    displayName: true,
    givenName: true,
    familyName: true,
    legalName: true,
    partyRoles: true,
    gender: true,
    birthDate: true,
    language: true,
    timeZone: true,
    country: true,
    region: true,
    city: true,
    postalCode: true,
    addressLine: true,
    tags: true,
    owner: user,
    team,
    stage: key,
    attributes: true,
    ...identities,
    ...times,
  },
  interactions: {
    id: true,
    customer,
    kind: key,
    touchPoint: key,
    channel: key,
    direction: true,
    occurredAt: true,
    externalRef,
    value: money,
    cost: money,
    subject: true,
    body: true,
    outcome: true,
    sentiment: true,
    duration: true,
    user,
    conversation: { id: true, externalRef },
    'participants(first: 100)': { nodes: { role: true, customer: { id: true }, user: { id: true } } },
    attributes: true,
    createdAt: true,
  },
  users: { ...user, role: key, 'teams(first: 100)': { nodes: team }, ...times },
  teams: { ...team, lead: user, parent: team, ...times },
  relationships: { id: true, kind: key, from: customer, to: customer, title: true, since: true, until: true, externalRef, ...times },
  events: {
    id: true,
    cursor: true,
    type: true,
    occurredAt: true,
    subjectType: true,
    subjectId: true,
    customerId: true,
    actor: { kind: true, user: { id: true } },
    origin: true,
    requestId: true,
    data: true,
  },
};

const fieldName = (field: string): string => field.replace(/\(.*$/, '');

/** GraphQL text of a selection: "id owner { id name }". */
export const selectionText = (selection: Selection): string =>
  Object.entries(selection)
    .map(([field, below]) => (below === true ? field : `${field} { ${selectionText(below)} }`))
    .join(' ');

/**
 * The selection of `--fields id,owner.name,identities`: dots go down; a field that the default selection opens is opened
 * as there. Throws BAD_FIELDS for what is no field name.
 */
export function selectionOf(entity: string, fields: string[] | undefined): Selection {
  const standard = EXPORTS[entity];
  if (!standard) throw failure('UNKNOWN_EXPORT', `"${entity}" cannot be exported`, { hint: `One of: ${Object.keys(EXPORTS).join(', ')}` });
  if (!fields) return standard;
  const selection: Selection = {};
  for (const path of fields.map((field) => field.trim()).filter(Boolean)) {
    if (!/^[_a-z]\w*(\.[_a-z]\w*)*$/i.test(path))
      throw failure('BAD_FIELDS', `"${path}" is no field`, { hint: 'For example: --fields id,displayName,owner.name' });
    add(selection, path.split('.'), standard);
  }
  if (Object.keys(selection).length === 0) throw failure('BAD_FIELDS', 'no field is named');
  return selection;
}

function add(into: Selection, [name = '', ...below]: string[], standard: Selection | undefined): void {
  const known = Object.entries(standard ?? {}).find(([field]) => fieldName(field) === name);
  const field = known?.[0] ?? name;
  const opened = known && known[1] !== true ? known[1] : undefined;
  if (below.length === 0) {
    into[field] = opened ?? true;
    return;
  }
  // A list's rows are under `nodes`, which the caller need not know.
  const rows = opened && 'nodes' in opened && below[0] !== 'nodes' ? opened.nodes : undefined;
  const inner = into[field] === undefined || into[field] === true ? {} : { ...into[field] };
  into[field] = inner;
  if (rows === undefined) {
    add(inner, below, opened);
    return;
  }
  const nodes = inner.nodes === undefined || inner.nodes === true ? {} : inner.nodes;
  inner.nodes = nodes;
  add(nodes, below, rows === true ? undefined : rows);
}

/** A record as it is written: a connection that holds only its rows becomes their list. */
export function flattened(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(flattened);
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value);
  const [first] = entries;
  if (entries.length === 1 && first?.[0] === 'nodes' && Array.isArray(first[1])) return first[1].map(flattened);
  return Object.fromEntries(entries.map(([name, inner]) => [name, flattened(inner)]));
}
