// Names as they are given where people come from, and addresses made of them.
import type { Random } from './random.ts';

type Names = { female: string; male: string; family: string };

const pools: Record<string, Names> = {
  british: {
    female:
      'Hannah Charlotte Emily Rebecca Sarah Lucy Megan Olivia Sophie Jessica Alice Eleanor Bethan Fiona Isla Catriona Rachel Naomi Harriet Gemma Ruth Judith Margaret Zoe Holly Imogen Poppy Freya',
    male: 'James Thomas Oliver Jack William Harry George Daniel Matthew Andrew David Robert Stephen Ewan Callum Rhys Gareth Duncan Alistair Simon Peter Edward Adam Nathan Luke Ben Toby Martin',
    family:
      'Clarke Hughes Walker Robinson Hall Green Mitchell Bennett Thornton Whitaker Holroyd Ashworth Fletcher Barker Dawson Pearce Griffiths Morgan Pritchard MacLeod Campbell Sinclair Fraser Atkinson Hargreaves Booth Sutcliffe Wainwright Farrow Ellison Hurst Rowntree Kershaw Lister Marsden Pickering',
  },
  irish: {
    female: 'Aoife Ciara Niamh Sinéad Róisín Orla Gráinne',
    male: 'Conor Seán Cian Oisín Declan Padraig Eoin',
    family: "Murphy O'Brien Walsh Byrne Kelly McCarthy Doyle Nolan Gallagher",
  },
  indian: {
    female: 'Priya Anjali Meera Kavita Nisha Deepa',
    male: 'Arjun Rohan Vikram Sanjay Amit Kiran',
    family: 'Patel Sharma Singh Desai Iyer Nair Gupta Mehta',
  },
  polish: {
    female: 'Agnieszka Katarzyna Magdalena Zofia Joanna',
    male: 'Piotr Tomasz Krzysztof Marek Jakub',
    family: 'Nowak Wójcik Kowalczyk Mazur Zieliński Dąbrowski',
  },
  nigerian: { female: 'Ngozi Funmilayo Adaeze Temitope', male: 'Chidi Emeka Tunde Oluwaseun', family: 'Okafor Adeyemi Balogun Eze Nwosu' },
  italian: {
    female: 'Giulia Chiara Martina Elisa',
    male: 'Luca Matteo Davide Alessandro',
    family: 'Rossi Conti Marchetti Ferrara Lombardi',
  },
  spanish: { female: 'Lucía Carmen Marta Elena', male: 'Javier Álvaro Pablo Diego', family: 'García Fernández Ortega Navarro Molina' },
  chinese: { female: 'Mei Xin Yan Jia', male: 'Wei Jun Hao Ming', family: 'Chen Wong Lau Zhang Leung' },
  german: {
    female: 'Katrin Lena Annika Johanna Greta',
    male: 'Jonas Felix Lukas Matthias Sven',
    family: 'Müller Schäfer Hoffmann Weiß Lindner Brandt Vogel',
  },
  french: {
    female: 'Camille Élodie Manon Chloé Inès',
    male: 'Julien Antoine Mathieu Hugo Étienne',
    family: 'Lefèvre Moreau Dubois Girard Bonnet Chevalier',
  },
  swedish: { female: 'Astrid Linnéa Maja Ebba', male: 'Erik Oskar Nils Gustav', family: 'Lindqvist Bergström Nyberg Sjöberg Åkesson' },
  american: {
    female: 'Madison Taylor Brooke Kayla',
    male: 'Tyler Brandon Cody Mason',
    family: 'Anderson Miller Hernandez Sullivan Brooks',
  },
};

const inBritain = [
  ['british', 74],
  ['indian', 6],
  ['polish', 5],
  ['nigerian', 4],
  ['irish', 3],
  ['italian', 3],
  ['spanish', 2],
  ['chinese', 3],
] as const;
const elsewhere: Record<string, string> = { IE: 'irish', DE: 'german', FR: 'french', SE: 'swedish', US: 'american', AU: 'british' };

export type Name = { givenName: string; familyName: string; gender: 'female' | 'male' };

const lists = new Map<string, string[]>();

function listOf(words: string): string[] {
  const known = lists.get(words) ?? words.split(' ');
  lists.set(words, known);
  return known;
}

/** A name as one may have who lives in the country. */
export function nameIn(random: Random, country: string): Name {
  const pool = pools[country === 'GB' ? random.weighted(inBritain) : elsewhere[country]!]!;
  const gender = random.chance(0.48) ? 'female' : 'male';
  return { gender, givenName: random.pick(listOf(pool[gender])), familyName: random.pick(listOf(pool.family)) };
}

const plainLetters: Record<string, string> = { ß: 'ss', ø: 'o', ł: 'l', æ: 'ae' };

/** Lower-case ASCII letters and digits of a text, joined by `joint`: `Dąbrowski & Co` -> `dabrowski-co`. */
export function slug(text: string, joint = '-'): string {
  const plain = text
    .toLowerCase()
    .replace(/[ßøłæ]/g, (letter) => plainLetters[letter]!)
    .normalize('NFD')
    .replace(/[\u0300-\u036f'’]/g, '');
  return plain
    .split(/[^a-z0-9]+/)
    .filter(Boolean)
    .join(joint);
}

const mailboxes = ['post.example', 'mailbox.example', 'inbox.example', 'fastpost.example', 'homemail.example'];

/** Hands out private e-mail addresses, each once. */
export function addressBook(): (random: Random, name: Name) => string {
  const used = new Set<string>();
  return (random, { givenName, familyName }) => {
    const [given, family] = [slug(givenName, ''), slug(familyName, '')];
    const local = random.weighted([
      [`${given}.${family}`, 5],
      [`${given}${family}`, 2],
      [`${given[0]}.${family}`, 2],
      [`${given}.${family}${random.int(60, 99)}`, 2],
    ]);
    const domain = random.pick(mailboxes);
    let address = `${local}@${domain}`;
    for (let n = 2; used.has(address); n++) address = `${local}${n}@${domain}`;
    used.add(address);
    return address;
  };
}
