// The company whose demo this is: Fellwheel, which sells outdoor gear and bicycles in the north of England, on the web,
// in two stores and to the trade. Its people, departments, attributes and touch points.

const staff = (value: string) => ({ system: 'fellwheel-hr', value });

/** How inputs name a user or a team of the company. */
export type StaffRef = { externalId: { system: string; value: string } };
export const userRef = (key: string): StaffRef => ({ externalId: staff(`U-${key}`) });
export const teamRef = (key: string): StaffRef => ({ externalId: staff(`T-${key}`) });

/** External reference of the team above all others: where it is, the demo is. */
export const rootTeam = teamRef('management').externalId;

const departments: [key: string, name: string, lead: string][] = [
  ['management', 'Fellwheel', 'hollis'],
  ['trade', 'Trade sales', 'okafor'],
  ['retail', 'Retail and web shop', 'marchetti'],
  ['service', 'Customer service and workshop', 'adeyemi'],
  ['marketing', 'Marketing', 'lindqvist'],
];

/** Rows of `teamsUpsert`: first without those who lead them, who are not there yet. */
export const teams = departments.map(([key, name]) => ({
  ...teamRef(key),
  name,
  ...(key === 'management' ? {} : { parent: teamRef('management') }),
}));
export const teamLeads = departments.map(([key, name, lead]) => ({ ...teamRef(key), name, lead: userRef(lead) }));

const people: [key: string, name: string, role: string, ...teams: string[]][] = [
  ['hollis', 'Margaret Hollis', 'read-only', 'management'],
  ['okafor', 'Tom Okafor', 'sales', 'trade', 'management'],
  ['raman', 'Priya Raman', 'sales', 'trade'],
  ['reid', 'Callum Reid', 'sales', 'trade'],
  ['marchetti', 'Elena Marchetti', 'sales', 'retail', 'management'],
  ['whitaker', 'Josh Whitaker', 'sales', 'retail'],
  ['pugh', 'Ffion Pugh', 'sales', 'retail'],
  ['adeyemi', 'Grace Adeyemi', 'service', 'service', 'management'],
  ['novak', 'Daniel Novak', 'service', 'service'],
  ['rahman', 'Aisha Rahman', 'service', 'service'],
  ['brennan', 'Liam Brennan', 'service', 'service'],
  ['lindqvist', 'Sofia Lindqvist', 'marketing', 'marketing', 'management'],
];

/** Rows of `usersUpsert`. */
export const users = people.map(([key, name, role, ...memberOf]) => ({
  ...userRef(key),
  name,
  email: `${name.toLowerCase().replace(' ', '.')}@fellwheel.example`,
  role,
  teams: memberOf.map(teamRef),
}));

export const tradeTeam = ['okafor', 'raman', 'reid'];
export const storeTeam = ['marchetti', 'whitaker', 'pugh'];
export const serviceTeam = ['adeyemi', 'novak', 'rahman'];
export const mechanic = 'brennan';

export const sports = ['road cycling', 'mountain biking', 'gravel', 'hiking', 'climbing', 'trail running', 'camping'];

/** Rows of `attributeDefinitionsUpsert`. */
export const attributes = [
  { entity: 'CUSTOMER', key: 'favourite_sport', name: 'Favourite sport', type: 'SELECT', options: sports },
  { entity: 'CUSTOMER', key: 'newsletter', name: 'Newsletter', type: 'BOOLEAN', description: 'Whether the customer reads our newsletter.' },
  { entity: 'CUSTOMER', key: 'member_since', name: 'Club member since', type: 'DATE' },
  { entity: 'CUSTOMER', key: 'credit_limit', name: 'Credit limit in GBP', type: 'NUMBER', indexed: true },
  { entity: 'INTERACTION', key: 'items', name: 'Items ordered', type: 'NUMBER' },
  { entity: 'INTERACTION', key: 'rating', name: 'Rating from 0 to 10', type: 'NUMBER' },
];

export type Money = { amount: string; currency: string };
export const pounds = (amount: number): Money => ({ amount: amount.toFixed(2), currency: 'GBP' });

type Point = { name: string; channel: string; department: string; stage?: string; cost?: number; target?: number; purpose?: string };

/** The touch points by key: those of every new workspace, made Fellwheel's own, and four more. */
export const points = {
  web_shop: { name: 'Web shop fellwheel.example', channel: 'web', department: 'retail', stage: 'first_purchase', cost: 0.12, target: 110 },
  customer_portal: { name: 'Trade portal', channel: 'web', department: 'trade', stage: 'repeat', cost: 0.2, target: 60 },
  support_phone: { name: 'Support line', channel: 'phone', department: 'service', cost: 6.4, target: 35 },
  support_email: { name: 'Support mailbox', channel: 'email', department: 'service', cost: 3.2, target: 40 },
  live_chat: { name: 'Live chat', channel: 'chat', department: 'service', stage: 'prospect', cost: 2.1, target: 30 },
  sales_call: { name: 'Trade sales call', channel: 'phone', department: 'trade', cost: 8.5, target: 35 },
  sales_visit: { name: 'Trade sales visit', channel: 'in_person', department: 'trade', stage: 'loyal', cost: 95, target: 12 },
  store: { name: 'Stores in Manchester and Keswick', channel: 'in_person', department: 'retail', cost: 5.5, target: 30 },
  trade_fair: { name: 'Trade fair and demo days', channel: 'in_person', department: 'marketing', stage: 'prospect', cost: 22, target: 6 },
  newsletter: { name: 'Newsletter', channel: 'email', department: 'marketing', stage: 'repeat', cost: 0.02, target: 60 },
  sms_reminder: { name: 'Delivery and workshop SMS', channel: 'sms', department: 'service', cost: 0.05, target: 30 },
  social_media: { name: 'Social media', channel: 'social', department: 'marketing', stage: 'advocate', cost: 1.6, target: 10 },
  technician_visit: {
    name: 'Hire fleet service visit',
    channel: 'field_service',
    department: 'service',
    stage: 'loyal',
    cost: 74,
    target: 4,
  },
  letter: { name: 'Letters and catalogue', channel: 'post', department: 'marketing', stage: 'lost', cost: 1.85, target: 10 },
  workshop: {
    name: 'Bike workshop',
    channel: 'in_person',
    department: 'service',
    stage: 'repeat',
    cost: 9,
    target: 14,
    purpose: 'Servicing and mending bikes bought here or elsewhere.',
  },
  club: {
    name: 'Fellwheel club',
    channel: 'email',
    department: 'marketing',
    stage: 'loyal',
    cost: 0.4,
    target: 6,
    purpose: 'Rides, member prices and thanks for regulars.',
  },
  satisfaction_survey: {
    name: 'Satisfaction survey',
    channel: 'email',
    department: 'marketing',
    cost: 0.3,
    target: 12,
    purpose: 'Asking how it went, a week after an order.',
  },
  order_fax: {
    name: 'Order fax',
    channel: 'fax',
    department: 'trade',
    cost: 4.2,
    target: 2,
    purpose: 'Orders of trade customers of long standing.',
  },
} as const satisfies Record<string, Point>;

export type PointKey = keyof typeof points;

/** Rows of `touchPointsUpsert`. */
export const touchPoints = Object.entries<Point>(points).map(([key, { department, cost, target, ...point }]) => ({
  key,
  ...point,
  department: teamRef(department),
  ...(cost === undefined ? {} : { cost: pounds(cost) }),
  ...(target === undefined ? {} : { monthlyTarget: target }),
}));
