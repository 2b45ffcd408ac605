// What marketing sends: five newsletters and two mailings on paper, and who answers.
import type { Calendar } from './calendar.ts';
import type { Journal } from './journal.ts';
import { isBuyer, type Party } from './party.ts';
import { someProduct } from './products.ts';
import { randomFor } from './random.ts';
import type { Story } from './story.ts';
import { after } from './story.ts';

type Campaign = {
  month: number;
  day: number;
  title: string;
  teaser: string;
  share: number;
  byPost?: boolean;
  to: (story: Story) => boolean;
};

const readers = ({ party }: Story) => party.newsletter && isBuyer(party);
const campaigns: Campaign[] = [
  {
    month: 1,
    day: 9,
    title: 'Winter sale: up to 40 % off',
    teaser: 'the jackets have to make room for the bikes.',
    share: 0.6,
    to: readers,
  },
  {
    month: 3,
    day: 18,
    title: 'Is your bike ready for spring?',
    teaser: 'book a full service until the end of the month and we wash your bike for free.',
    share: 0.65,
    to: readers,
  },
  {
    month: 6,
    day: 5,
    title: 'Ten long days out',
    teaser: 'our staff write about their favourite rides and walks, with maps.',
    share: 0.6,
    to: readers,
  },
  {
    month: 9,
    day: 12,
    title: 'Kit list for the autumn',
    teaser: 'layers, lights and waterproofs that we would take ourselves.',
    share: 0.6,
    to: readers,
  },
  {
    month: 11,
    day: 24,
    title: 'Black Friday, in green',
    teaser: 'for every order this weekend we plant two trees above Keswick.',
    share: 0.7,
    to: readers,
  },
  {
    month: 2,
    day: 20,
    title: 'The spring catalogue is here',
    teaser: 'you find it in this envelope, with a voucher for free delivery.',
    share: 0.6,
    byPost: true,
    to: ({ party }) => party.profile === 'loyal' || party.profile === 'advocate',
  },
  {
    month: 10,
    day: 8,
    title: 'We miss you',
    teaser: 'it has been a while. Here are £10 for your next order.',
    share: 0.9,
    byPost: true,
    to: ({ party }) => party.profile === 'lost',
  },
];

/** Sends all campaigns to those who were known at the time. */
export function sendCampaigns(calendar: Calendar, journal: Journal, stories: readonly Story[]): void {
  for (const campaign of campaigns) {
    const day = calendar.dayOfYear(campaign.month, campaign.day);
    for (const story of stories) {
      // Who is lost has cancelled the newsletter when the story ends.
      const reads = story.party.since < day && (campaign.byPost || day <= story.to);
      const random = randomFor('campaign', campaign.title, story.party.number);
      if (reads && campaign.to(story) && random.chance(campaign.share)) send(calendar, journal, story.party, campaign, day);
    }
  }
}

function send(calendar: Calendar, journal: Journal, party: Party, campaign: Campaign, day: number): void {
  const random = randomFor('mailing', campaign.title, party.number);
  const { title, teaser, byPost } = campaign;
  const at = calendar.at(day, 9 * 60 + random.int(0, 40), random.int(0, 59));
  const outcome = byPost
    ? 'sent'
    : random.weighted([
        ['delivered', 5],
        ['opened', 4],
        ['bounced', 0.2],
      ]);
  journal.add(random, party, {
    kind: 'campaign_contact',
    point: byPost ? 'letter' : 'newsletter',
    at,
    says: byPost ? 'mailing' : 'campaign',
    values: { title, teaser },
    out: true,
    user: 'lindqvist',
    outcome,
  });
  if (outcome !== 'opened' || !random.chance(0.28)) return;
  journal.add(random, party, {
    kind: 'campaign_response',
    point: 'web_shop',
    at: after(at, random.int(4, 2800)),
    says: 'response',
    values: { title, product: someProduct(random) },
    outcome: 'clicked',
    mood: 0.2,
  });
}
