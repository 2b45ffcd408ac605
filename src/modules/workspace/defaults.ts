// What a new workspace starts with: its words, which it may change, and its roles.
import { builtInRoleNames, builtInRoles } from '../../auth/built-in-roles.ts';
import type { JsonObject } from '../../db/models.ts';

type Named = { key: string; name: string };

/** `[['in_person', 'In person'], …]` as rows; a name is made from its key where none is given. */
function named(...entries: (string | [key: string, name: string])[]): Named[] {
  return entries.map((entry) => (typeof entry === 'string' ? { key: entry, name: nameOf(entry) } : { key: entry[0], name: entry[1] }));
}

function nameOf(key: string): string {
  const words = key.replaceAll(/[_-]/g, ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export const channels = named(
  ['email', 'E-mail'],
  'phone',
  ['sms', 'SMS'],
  'chat',
  'web',
  ['social', 'Social media'],
  'in_person',
  'post',
  'fax',
  'field_service',
);

export const interactionKinds = named(
  'order_placed',
  'order_cancelled',
  'quote_sent',
  'enquiry',
  'call',
  'meeting',
  ['email', 'E-mail'],
  'message',
  'visit',
  'complaint',
  'return',
  'service_request',
  'feedback',
  'survey_response',
  'campaign_contact',
  'campaign_response',
  ['signup', 'Sign-up'],
  'subscription_cancelled',
  'payment',
  'reminder',
  'event_attended',
  'website_visit',
  'note',
);

export const partyRoles = [
  { key: 'customer', name: 'Customer', countsAsCustomer: true },
  { key: 'prospect', name: 'Prospect', countsAsCustomer: true },
  ...named('partner', 'supplier', 'investor', 'employee').map((role) => ({ ...role, countsAsCustomer: false })),
];

type Tie = [key: string, name: string, inverseName: string, rules?: { acyclic?: boolean; exclusive?: boolean }];
const ties: Tie[] = [
  ['works_at', 'works at', 'employs'],
  ['subsidiary_of', 'is a subsidiary of', 'is the parent of', { acyclic: true, exclusive: true }],
  ['supplies', 'supplies', 'is supplied by'],
  ['invests_in', 'invests in', 'is financed by'],
  ['referred_by', 'was referred by', 'referred', { acyclic: true }],
  ['same_household', 'lives in one household with', 'lives in one household with'],
  ['partner_of', 'is a partner of', 'is a partner of'],
  ['advises', 'advises', 'is advised by'],
  ['represents', 'represents', 'is represented by'],
];
export const relationshipKinds = ties.map(([key, name, inverseName, { acyclic = false, exclusive = false } = {}]) => ({
  key,
  name,
  inverseName,
  acyclic,
  exclusive,
}));

export const lifecycleStages = named('prospect', 'first_purchase', ['repeat', 'Repeat customer'], 'loyal', 'advocate', 'lost').map(
  (stage, position) => ({ ...stage, position }),
);

type Place = [key: string, name: string, channel: string, purpose: string];
const places: Place[] = [
  ['web_shop', 'Web shop', 'web', 'Browsing, ordering and cancelling orders online.'],
  ['customer_portal', 'Customer portal', 'web', 'Looking up orders, invoices and requests.'],
  ['support_phone', 'Support line', 'phone', 'Help with what was bought.'],
  ['support_email', 'Support mailbox', 'email', 'Help with what was bought, in writing.'],
  ['live_chat', 'Live chat', 'chat', 'Quick answers while on the website.'],
  ['sales_call', 'Sales call', 'phone', 'Talking about needs and offers.'],
  ['sales_visit', 'Sales visit', 'in_person', "Meeting at the customer's place."],
  ['store', 'Store', 'in_person', 'Advice and purchase on site.'],
  ['trade_fair', 'Trade fair', 'in_person', 'First meetings with new people.'],
  ['newsletter', 'Newsletter', 'email', 'News and offers for those who asked for them.'],
  ['sms_reminder', 'SMS reminder', 'sms', 'Appointments and deliveries that are due.'],
  ['social_media', 'Social media', 'social', 'Conversations in public.'],
  ['technician_visit', 'Technician visit', 'field_service', 'Installing, maintaining and mending.'],
  ['letter', 'Letter', 'post', 'Contracts, invoices and greetings on paper.'],
];
export const touchPoints = places.map(([key, name, channel, purpose]) => ({ key, name, channel, purpose }));

const roleDescriptions: Record<(typeof builtInRoleNames)[number], string> = {
  administrator: 'May do everything.',
  sales: 'Works with the customers of its own teams.',
  marketing: 'Works with all customers and shapes the touch points and the lifecycle.',
  service: 'Helps every customer who calls.',
  'read-only': 'Sees everything but API keys, changes nothing.',
  recogniser: 'Recognises who is calling and sees nothing else.',
  integration: 'Brings data in and out for another system.',
};

export const roles = builtInRoleNames.map((key) => {
  const { permissions, rowScope, hiddenFields } = builtInRoles[key];
  return { key, name: nameOf(key), description: roleDescriptions[key], permissions, rowScope: rowScope as JsonObject, hiddenFields };
});
