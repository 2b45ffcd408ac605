// Cutting what an answer quotes. Only what stands at the end is cut, never everything, and never with something new below it.

/** "On Monday, Ada wrote:", in the languages of those who write most. */
const attribution =
  /^[^>].{0,300}\b(?:wrote|writes|schrieb|a écrit|escribió|ha scritto|escreveu|schreef|skrev|napisał\(a\)|napisał)\s?.{0,100}:$/iu;
/** The second line of one that is broken before the address, as Gmail does; the first has the time. */
const attributionEnd = /^<[^<>\s]+>\s/;
const time = /\d[:.h]\d\d|\b20\d\d\b/;
/** What Outlook and others put above a whole mail that follows. One that is passed on is no history. */
const divider =
  /^-{2,}\s?(?:Original Message|Ursprüngliche Nachricht|Message d'origine|Mensaje original|Messaggio originale|Oorspronkelijk bericht)\s?-{2,}$/iu;
/** Outlook on the web and on phones: a line, and the headers of the mail below it. */
const rule = /^_{10,}$/;
const sender = /^(?:From|Von|De|Da|Van|Från|Fra|Od):\s/iu;
const subject = /^(?:Subject|Betreff|Objet|Asunto|Assunto|Oggetto|Onderwerp|Ämne|Emne|Temat):/iu;
const MOST_HEADERS = 7;
const MOST_LINE = 500;

/** The text without the history at its end; the whole text where nothing else would be left. */
export function withoutHistory(text: string): string {
  const lines = text.split('\n').map((line) => line.trimEnd());
  const end = Math.min(quoteFrom(lines), dividerFrom(lines));
  const rest = lines.slice(0, end).join('\n').trim();
  return rest === '' || end >= lines.length ? text.trim() : rest;
}

/** Where the quoted lines at the end begin, with the line that says whose they are. */
function quoteFrom(lines: readonly string[]): number {
  let from = lines.length;
  while (from > 0 && isQuoteOrBlank(lines[from - 1]!)) from -= 1;
  if (!lines.slice(from).some(isQuote)) return lines.length;
  // It may be broken into two lines.
  for (const count of [1, 2]) {
    const above = lines.slice(Math.max(0, from - count), from);
    if (above.some((line) => line.length >= MOST_LINE) || !attribution.test(above.join(' ').trim())) continue;
    const isEnd = count === 1 && attributionEnd.test(above[0]!) && time.test((lines[from - 2] ?? '').slice(0, MOST_LINE));
    return from - (isEnd ? 2 : count);
  }
  return from;
}

function dividerFrom(lines: readonly string[]): number {
  const at = lines.findIndex((line, i) => line.length < MOST_LINE && (divider.test(line.trim()) || isRule(lines, i)));
  return at < 0 ? lines.length : at;
}

function isRule(lines: readonly string[], at: number): boolean {
  if (!rule.test(lines[at]!.trim()) || !sender.test(lines[at + 1] ?? '')) return false;
  return lines.slice(at + 2, at + 1 + MOST_HEADERS).some((line) => subject.test(line));
}

const isQuote = (line: string) => line.trimStart().startsWith('>');
const isQuoteOrBlank = (line: string) => isQuote(line) || line.trim() === '';
