// Where customers live, with phone numbers that are reserved for fiction in their country: nobody is called by them.
import type { Random } from './random.ts';

/** A block of numbers: what they begin with, and how many digits follow. */
type Block = readonly [prefix: string, digits: number];
type Town = [city: string, region: string, postalArea: string, landline?: Block];
type Land = { timeZone: string; language: string; mobile?: Block; streets: string[]; towns: Town[] };

export type Place = {
  country: string;
  city: string;
  region: string;
  postalArea: string;
  landline: Block;
  mobile: Block;
  timeZone: string;
  language: string;
};
export type Address = Pick<Place, 'country' | 'city' | 'region' | 'timeZone' | 'language'> & { postalCode: string; addressLine: string };

const british = [
  'Mill Lane',
  'Church Road',
  'Victoria Street',
  'Station Road',
  'Park Avenue',
  'Beech Grove',
  'Albert Terrace',
  'Moor View',
  'Bridge Street',
  'Orchard Close',
  'Fell Side',
  'Queens Road',
  'Windsor Drive',
  'Chapel Hill',
];
// For towns without a block of their own.
const nowhere: Block = ['+441632960', 3];
const ireland: Block = ['+3532091', 5];

const lands: Record<string, Land> = {
  GB: {
    timeZone: 'Europe/London',
    language: 'en-GB',
    mobile: ['+447700900', 3],
    streets: british,
    towns: [
      ['London', 'Greater London', 'SE', ['+442079460', 3]],
      ['London', 'Greater London', 'E', ['+442079460', 3]],
      ['Manchester', 'Greater Manchester', 'M', ['+441614960', 3]],
      ['Leeds', 'West Yorkshire', 'LS', ['+441134960', 3]],
      ['Sheffield', 'South Yorkshire', 'S', ['+441144960', 3]],
      ['Bristol', 'Bristol', 'BS', ['+441174960', 3]],
      ['Edinburgh', 'Midlothian', 'EH', ['+441314960', 3]],
      ['Glasgow', 'Lanarkshire', 'G', ['+441414960', 3]],
      ['Birmingham', 'West Midlands', 'B', ['+441214960', 3]],
      ['Liverpool', 'Merseyside', 'L', ['+441514960', 3]],
      ['Newcastle upon Tyne', 'Tyne and Wear', 'NE', ['+441914980', 3]],
      ['Nottingham', 'Nottinghamshire', 'NG', ['+441154960', 3]],
      ['Cardiff', 'South Glamorgan', 'CF', ['+442920180', 3]],
      ['Belfast', 'County Antrim', 'BT', ['+442896496', 3]],
      ['Keswick', 'Cumbria', 'CA'],
      ['Kendal', 'Cumbria', 'LA'],
      ['Buxton', 'Derbyshire', 'SK'],
      ['Fort William', 'Inverness-shire', 'PH'],
      ['Betws-y-Coed', 'Conwy', 'LL'],
      ['Hebden Bridge', 'West Yorkshire', 'HX'],
      ['Exeter', 'Devon', 'EX'],
      ['York', 'North Yorkshire', 'YO'],
    ],
  },
  IE: {
    timeZone: 'Europe/Dublin',
    language: 'en-IE',
    streets: british,
    towns: [
      ['Dublin', 'Leinster', 'D0', ireland],
      ['Cork', 'Munster', 'T1', ireland],
      ['Galway', 'Connacht', 'H9', ireland],
    ],
  },
  DE: {
    timeZone: 'Europe/Berlin',
    language: 'de-DE',
    streets: ['Lindenstraße', 'Gartenweg', 'Bahnhofstraße', 'Am Markt', 'Schillerstraße'],
    towns: [
      ['Berlin', 'Berlin', '10', ['+493023125', 3]],
      ['Hamburg', 'Hamburg', '20', ['+494066969', 3]],
      ['München', 'Bayern', '80', ['+498999998', 3]],
      ['Frankfurt am Main', 'Hessen', '60', ['+496990009', 3]],
    ],
  },
  FR: {
    timeZone: 'Europe/Paris',
    language: 'fr-FR',
    mobile: ['+3363998', 4],
    streets: ['rue de la Gare', 'avenue des Alpes', 'rue Victor Hugo', 'chemin du Lac', 'place du Marché'],
    towns: [
      ['Paris', 'Île-de-France', '75', ['+3319900', 4]],
      ['Annecy', 'Auvergne-Rhône-Alpes', '74', ['+3346571', 4]],
      ['Grenoble', 'Auvergne-Rhône-Alpes', '38', ['+3346571', 4]],
    ],
  },
  SE: {
    timeZone: 'Europe/Stockholm',
    language: 'sv-SE',
    streets: ['Storgatan', 'Kungsgatan', 'Björkvägen', 'Skogsstigen'],
    towns: [['Stockholm', 'Stockholms län', '11', ['+468465004', 2]]],
  },
  US: {
    timeZone: 'America/Denver',
    language: 'en-US',
    streets: ['Maple Street', 'Canyon Road', 'Lincoln Avenue', 'Aspen Drive'],
    towns: [
      ['Denver', 'Colorado', '802', ['+130355501', 2]],
      ['Salt Lake City', 'Utah', '841', ['+180155501', 2]],
    ],
  },
  AU: {
    timeZone: 'Australia/Melbourne',
    language: 'en-AU',
    streets: ['Collins Street', 'Wattle Road', 'Banksia Avenue', 'Harbour Parade'],
    towns: [['Melbourne', 'Victoria', '30', ['+6135550', 4]]],
  },
};

const all: Place[] = Object.entries(lands).flatMap(([country, { timeZone, language, mobile, towns }]) =>
  towns.map(([city, region, postalArea, landline = nowhere]) => ({
    country,
    timeZone,
    language,
    city,
    region,
    postalArea,
    landline,
    mobile: mobile ?? landline,
  })),
);

/** A town of the country. */
export function placeIn(random: Random, country: string): Place {
  return random.pick(all.filter((place) => place.country === country));
}

/** The town with this name. */
export function placeNamed(city: string): Place {
  return all.find((place) => place.city === city)!;
}

/** A street and postal code there. */
export function addressAt(random: Random, place: Place): Address {
  const { country, city, region, timeZone, language } = place;
  const street = random.pick(lands[country]!.streets);
  const number = random.int(1, 140);
  const addressLine = country === 'DE' || country === 'SE' ? `${street} ${number}` : `${number} ${street}`;
  return { country, city, region, timeZone, language, addressLine, postalCode: postalCode(random, place) };
}

function postalCode(random: Random, { country, postalArea }: Place): string {
  const letters = () => random.pick([...'ABDEFGHJLNPQRSTUWXYZ']) + random.pick([...'ABDEFGHJLNPQRSTUWXYZ']);
  const digits = (count: number) => Array.from({ length: count }, () => random.int(0, 9)).join('');
  if (country === 'GB') return `${postalArea}${random.int(1, 20)} ${random.int(1, 9)}${letters()}`;
  if (country === 'IE') return `${postalArea}${random.int(1, 8)} ${letters()}${digits(2)}`;
  if (country === 'SE') return `${postalArea}${digits(1)} ${digits(2)}`;
  return postalArea + digits((country === 'AU' ? 4 : 5) - postalArea.length);
}

/** Hands out numbers, each once. */
export function phoneBook(): (block: Block) => string {
  const used = new Map<string, number>();
  return ([prefix, digits]) => {
    const n = used.get(prefix) ?? 0;
    used.set(prefix, n + 1);
    // 37 shares no factor with a power of ten: every number comes up once, and they do not look counted.
    const size = 10 ** digits;
    return prefix + String((n * 37 + 11) % size).padStart(digits, '0');
  };
}
