// The organisations: shops, hire centres, schools and employers who buy for others, and those who supply and help.
import type { Calendar } from './calendar.ts';
import { tradeTeam } from './company.ts';
import { slug } from './names.ts';
import { addressColumns, type Party, type Profile } from './party.ts';
import { addressAt, type phoneBook, placeNamed } from './places.ts';
import { randomFor } from './random.ts';

type Line = [name: string, legalForm: string, city: string, branch: string, profile: Profile, size: number, parent?: string];

const lines: Line[] = [
  ['Northern Peaks Outfitters', 'Group plc', 'Manchester', 'outdoor chain', 'loyal', 2.6],
  ['Northern Peaks Leeds', 'Ltd', 'Leeds', 'outdoor chain', 'loyal', 1.3, 'Northern Peaks Outfitters'],
  ['Northern Peaks Sheffield', 'Ltd', 'Sheffield', 'outdoor chain', 'repeat', 1.1, 'Northern Peaks Outfitters'],
  ['Northern Peaks Edinburgh', 'Ltd', 'Edinburgh', 'outdoor chain', 'loyal', 1.2, 'Northern Peaks Outfitters'],
  ['Penrith Cycle Works', 'Ltd', 'Kendal', 'bike shop', 'loyal', 0.9],
  ['Spoke & Saddle', 'Ltd', 'Bristol', 'bike shop', 'advocate', 1.2],
  ['Spoke & Saddle Cardiff', 'Ltd', 'Cardiff', 'bike shop', 'repeat', 0.7, 'Spoke & Saddle'],
  ['Two Rivers Bikes', 'Ltd', 'York', 'bike shop', 'repeat', 0.7],
  ['Calder Valley Cycles', 'Ltd', 'Hebden Bridge', 'bike shop', 'loyal', 0.8],
  ['The Gravel Garage', 'Ltd', 'Exeter', 'bike shop', 'repeat', 0.8],
  ['Tyne Wheelers Supply', 'Ltd', 'Newcastle upon Tyne', 'bike shop', 'repeat', 0.7],
  ['Mersey Pedal Power', 'CIC', 'Liverpool', 'bike shop', 'loyal', 0.7],
  ['Deansgate Bikes', 'Ltd', 'Manchester', 'bike shop', 'lost', 0.8],
  ['Sherwood Cycle Hub', 'Ltd', 'Nottingham', 'bike shop', 'first_purchase', 0.7],
  ['Lagan Bikes', 'Ltd', 'Belfast', 'bike shop', 'repeat', 0.8],
  ['Clyde Cycles', 'Ltd', 'Glasgow', 'bike shop', 'loyal', 1],
  ['Peckham Pedals', 'Ltd', 'London', 'bike shop', 'prospect', 0.8],
  ['Radhaus Nord', 'GmbH', 'Hamburg', 'bike shop', 'repeat', 1.1],
  ['Alpenrad München', 'GmbH', 'München', 'bike shop', 'prospect', 1.2],
  ['Cycles du Lac', 'SARL', 'Annecy', 'bike shop', 'repeat', 0.9],
  ['Galway Bay Cycles', 'Ltd', 'Galway', 'bike shop', 'loyal', 0.8],
  ['Lakeland Gear', 'Holdings Ltd', 'Keswick', 'outdoor shop', 'advocate', 1.8],
  ['Lakeland Gear Kendal', 'Ltd', 'Kendal', 'outdoor shop', 'loyal', 0.9, 'Lakeland Gear'],
  ['Lakeland Gear Online', 'Ltd', 'Keswick', 'outdoor shop', 'loyal', 1.5, 'Lakeland Gear'],
  ['High Tor Climbing', 'Ltd', 'Buxton', 'outdoor shop', 'loyal', 0.8],
  ['Ben Nevis Outfitters', 'Ltd', 'Fort William', 'outdoor shop', 'loyal', 1.1],
  ['Snowdon Trail Store', 'Ltd', 'Betws-y-Coed', 'outdoor shop', 'repeat', 0.9],
  ['Dartmoor Boots & Packs', 'Ltd', 'Exeter', 'outdoor shop', 'repeat', 0.7],
  ['Wicklow Way Outdoors', 'Ltd', 'Dublin', 'outdoor shop', 'repeat', 0.9],
  ['Pennine Pack Co', 'Ltd', 'Hebden Bridge', 'outdoor shop', 'lost', 0.7],
  ['Sentier Libre', 'SAS', 'Grenoble', 'outdoor shop', 'first_purchase', 1],
  ['Friluft Stockholm', 'AB', 'Stockholm', 'outdoor shop', 'prospect', 1.2],
  ['Whinlatter Bike Hire', 'Ltd', 'Keswick', 'hire centre', 'loyal', 1.3],
  ['Derwent Trail Hire', 'Ltd', 'Buxton', 'hire centre', 'loyal', 1.2],
  ['Forest Loop Hire', 'Ltd', 'Betws-y-Coed', 'hire centre', 'repeat', 1],
  ['City Loop Rentals', 'Ltd', 'London', 'hire centre', 'repeat', 1.4],
  ['Glen Nevis Bike Hire', 'Ltd', 'Fort William', 'hire centre', 'lost', 0.9],
  ['Honister Guides', 'LLP', 'Keswick', 'guiding company', 'advocate', 0.7],
  ['Cairn & Corrie Guiding', 'LLP', 'Fort William', 'guiding company', 'repeat', 0.6],
  ['Dolomiti & Dales Tours', 'Ltd', 'Leeds', 'guiding company', 'prospect', 0.7],
  ['Ullswater Outdoor Centre', 'Trust', 'Kendal', 'outdoor centre', 'loyal', 1],
  ['Edale Youth Hostel Group', 'CIO', 'Sheffield', 'outdoor centre', 'repeat', 1],
  ['Brathay Fields School', '', 'Kendal', 'school', 'repeat', 0.6],
  ['Moorside Academy', 'Trust', 'Leeds', 'school', 'first_purchase', 0.6],
  ['St Aidan’s College', '', 'Newcastle upon Tyne', 'school', 'prospect', 0.6],
  ['Calderdale Council Active Travel', '', 'Hebden Bridge', 'public body', 'loyal', 1.5],
  ['Greater Mersey Cycling Programme', '', 'Liverpool', 'public body', 'first_purchase', 1.3],
  ['Peak Park Rangers', '', 'Buxton', 'public body', 'repeat', 0.8],
  ['Kestrel Insurance', 'plc', 'Leeds', 'employer', 'loyal', 1.1],
  ['Kestrel Insurance Scotland', 'Ltd', 'Edinburgh', 'employer', 'first_purchase', 0.8, 'Kestrel Insurance'],
  ['Aldgate Legal', 'LLP', 'London', 'employer', 'prospect', 0.8],
  ['Brightwater Engineering', 'Ltd', 'Birmingham', 'employer', 'repeat', 0.9],
  ['Severn Data Services', 'Ltd', 'Bristol', 'employer', 'lost', 0.8],
  ['Holbeck Foods', 'Ltd', 'Leeds', 'employer', 'prospect', 1],
  ['Fjordline Logistics', 'Ltd', 'Newcastle upon Tyne', 'employer', 'first_purchase', 1],
  ['Rheinwerk Mobil', 'GmbH', 'Frankfurt am Main', 'employer', 'prospect', 1.3],
  ['Highland Holiday Parks', 'Ltd', 'Fort William', 'holiday park', 'advocate', 1.2],
  ['Coniston Glamping', 'Ltd', 'Kendal', 'holiday park', 'lost', 0.7],
  ['Tregarth Frames', 'Ltd', 'Betws-y-Coed', 'bicycle frames', 'supplier', 1],
  ['Wool & Weather Mills', 'Ltd', 'Hebden Bridge', 'clothing', 'supplier', 1],
  ['Vogtland Komponenten', 'GmbH', 'Berlin', 'bicycle parts', 'supplier', 1],
  ['Isère Textiles Techniques', 'SAS', 'Grenoble', 'clothing', 'supplier', 1],
  ['Skog & Fjäll Tält', 'AB', 'Stockholm', 'tents', 'supplier', 1],
  ['Front Range Packs', 'Inc.', 'Denver', 'rucksacks', 'supplier', 1],
  ['Pennine Parcel Express', 'Ltd', 'Manchester', 'delivery', 'supplier', 1],
  ['Fell Rescue Trust', 'CIO', 'Keswick', 'charity', 'partner', 1],
  ['Northern Sportive Series', 'Ltd', 'York', 'race organiser', 'partner', 1],
  ['Open Trails Alliance', 'CIC', 'Sheffield', 'charity', 'partner', 1],
  ['Cycle to Desk Scheme', 'Ltd', 'Birmingham', 'bike leasing', 'partner', 1],
  ['Calder Bridge Capital', 'LLP', 'London', 'private equity', 'investor', 1],
];

const partyRole: Partial<Record<Profile, string[]>> = {
  prospect: ['prospect'],
  supplier: ['supplier'],
  partner: ['partner'],
  investor: ['investor'],
};

/** All organisations, parents before their subsidiaries. */
export function organisations(calendar: Calendar, phones: ReturnType<typeof phoneBook>): Party[] {
  return lines.map(([name, legalForm, city, branch, profile, size], index) => {
    const random = randomFor('organisation', name);
    const place = placeNamed(city);
    const isNew = profile === 'prospect' || profile === 'first_purchase';
    const isTrade = !['supplier', 'partner', 'investor'].includes(profile);
    const domain = domainOf(name);
    return {
      number: `A-${2001 + index}`,
      kind: 'ORGANISATION',
      profile,
      calledName: name,
      place,
      since: isNew ? calendar.workday(random.int(30, 320)) : -random.int(60, 1500),
      before: { repeat: 2, loyal: 6, advocate: 9, lost: 3 }[profile as string] ?? 0,
      means: size,
      sport: branch,
      newsletter: isTrade && random.chance(0.6),
      owner: random.pick(tradeTeam),
      team: 'trade',
      details: {
        legalName: `${name} ${legalForm}`.trim(),
        displayName: name,
        partyRoles: partyRole[profile] ?? (random.chance(0.06) ? ['customer', 'partner'] : ['customer']),
        ...addressColumns(addressAt(random, place)),
        tags: [branch, ...(size >= 1.3 && isTrade ? ['key account'] : []), ...(place.country !== 'GB' ? ['export'] : [])],
        ...(isTrade && profile !== 'prospect' ? { attributes: { credit_limit: Math.round(size * random.int(4, 9)) * 1000 } } : {}),
        identities: [
          { kind: 'EMAIL', value: `${random.pick(['hello', 'orders', 'office', 'buying'])}@${domain}`, verified: true, primary: true },
          { kind: 'PHONE', value: phones(place.landline), primary: true },
          ...(random.chance(0.4)
            ? [{ kind: 'WEB_VISITOR' as const, system: 'fellwheel.example', value: `v-${random.int(100_000_000, 999_999_999)}` }]
            : []),
          ...(random.chance(0.3) ? [{ kind: 'SOCIAL' as const, system: 'instagram', value: slug(name, '_') }] : []),
        ],
      },
    };
  });
}

export function domainOf(name: string): string {
  return `${slug(name.replaceAll('&', ' and '), '')}.example`;
}

/** Which organisation belongs to which, by name. */
export const subsidiaries: [name: string, parent: string][] = lines.flatMap(([name, , , , , , parent]) => (parent ? [[name, parent]] : []));
