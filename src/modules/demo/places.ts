// Where customers live, with phone numbers that are reserved for fiction in their country: nobody is called by them.
import type { Random } from './random.ts';

export type Place = { country: string; city: string; region: string; timeZone: string; language: string; postalArea: string; phone: (n: number) => string };

const digits = (n: number, length: number) => String(n).padStart(length, '0');
/** Numbers `prefix` + 0 … count - 1, in an order that does not look counted. */
const range = (prefix: string, count: number, length: number) => (n: number) => `${prefix}${digits((n * 37 + 11) % count, length)}`;

type Town = [city: string, region: string, postalArea: string, phone: (n: number) => string];
type Land = { country: string; timeZone: string; language: string; towns: Town[] };

// A town without a reserved range of its own has the one for nowhere.
const nowhere = range('+441632960', 1000, 3);
const lands: Land[] = [
  {
    country: 'GB',
    timeZone: 'Europe/London',
    language: 'en-GB',
    towns: [
      ['London', 'Greater London', 'SE', range('+442079460', 1000, 3)],
      ['London', 'Greater London', 'E', range('+442079460', 1000, 3)],
      ['Manchester', 'Greater Manchester', 'M', range('+441614960', 1000, 3)],
      ['Leeds', 'West Yorkshire', 'LS', range('+441134960', 1000, 3)],
      ['Sheffield', 'South Yorkshire', 'S', range('+441144960', 1000, 3)],
      ['Bristol', 'Bristol', 'BS', range('+441174960', 1000, 3)],
      ['Edinburgh', 'Midlothian', 'EH', range('+441314960', 1000, 3)],
      ['Glasgow', 'Lanarkshire', 'G', range('+441414960', 1000, 3)],
      ['Birmingham', 'West Midlands', 'B', range('+441214960', 1000, 3)],
      ['Liverpool', 'Merseyside', 'L', range('+441514960', 1000, 3)],
      ['Newcastle upon Tyne', 'Tyne and Wear', 'NE', range('+441914980', 1000, 3)],
      ['Nottingham', 'Nottinghamshire', 'NG', range('+441154960', 1000, 3)],
      ['Cardiff', 'South Glamorgan', 'CF', range('+442920180', 1000, 3)],
      ['Belfast', 'County Antrim', 'BT', range('+442896496', 1000, 3)],
      ['Keswick', 'Cumbria', 'CA', nowhere],
      ['Kendal', 'Cumbria', 'LA', nowhere],
      ['Buxton', 'Derbyshire', 'SK', nowhere],
      ['Fort William', 'Inverness-shire', 'PH', nowhere],
      ['Betws-y-Coed', 'Conwy', 'LL', nowhere],
      ['Hebden Bridge', 'West Yorkshire', 'HX', nowhere],
      ['Exeter', 'Devon', 'EX', nowhere],
      ['York', 'North Yorkshire', 'YO', nowhere],
    ],
  },
  {
    country: 'IE',
    timeZone: 'Europe/Dublin',
    language: 'en-IE',
    towns: [
      ['Dublin', 'Leinster', 'D0', range('+3532091', 100_000, 5)],
      ['Cork', 'Munster', 'T1', range('+3532091', 100_000, 5)],
      ['Galway', 'Connacht', 'H9', range('+3532091', 100_000, 5)],
    ],
  },
  {
    country: 'DE',
    timeZone: 'Europe/Berlin',
    language: 'de-DE',
    towns: [
      ['Berlin', 'Berlin', '10', range('+493023125', 1000, 3)],
      ['Hamburg', 'Hamburg', '20', range('+494066969', 1000, 3)],
      ['München', 'Bayern', '80', range('+498999998', 1000, 3)],
      ['Frankfurt am Main', 'Hessen', '60', range('+496990009', 1000, 3)],
    ],
  },
  {
    country: 'FR',
    timeZone: 'Europe/Paris',
    language: 'fr-FR',
    towns: [
      ['Paris', 'Île-de-France', '750', range('+331990', 10_000, 5)],
      ['Annecy', 'Auvergne-Rhône-Alpes', '740', range('+334657', 10_000, 5)],
      ['Grenoble', 'Auvergne-Rhône-Alpes', '380', range('+334657', 10_000, 5)],
    ],
  },
  { country: 'SE', timeZone: 'Europe/Stockholm', language: 'sv-SE', towns: [['Stockholm', 'Stockholms län', '11', range('+468465004', 100, 2)], ['Göteborg', 'Västra Götalands län', '41', range('+463139006', 50, 2)]] },
  {
    country: 'US',
    timeZone: 'America/Denver',
    language: 'en-US',
    towns: [
      ['Denver', 'Colorado', '802', range('+1303555', 100, 4).bind(null)],
      ['Salt Lake City', 'Utah', '841', range('+1801555', 100, 4)],
    ],
  },
  { country: 'AU', timeZone: 'Australia/Melbourne', language: 'en-AU', towns: [['Melbourne', 'Victoria', '30', range('+61355500', 1000, 3)], ['Hobart', 'Tasmania', '70', range('+61355501', 1000, 3)]] },
];
