// Cutting what an answer quotes. Only what stands at the end is cut, never everything, and never with something new below it.

/** "On Monday, Ada wrote:", in the languages of those who write most. */
const attribution =
  /^[^>].{0,300}\b(?:wrote|writes|schrieb|a écrit|escribió|ha scritto|escreveu|schreef|skrev|napisał\(a\)|napisał)\s?.{0,100}:$/iu;
/** What Outlook and others put above a whole mail that follows. */
const divider =
  /^-{2,}\s?(?:Original Message|Ursprüngliche Nachricht|Message d'origine|Mensaje original|Messaggio originale|Oorspronkelijk bericht|Forwarded message)\s?-{2,}$/iu;
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
    if (above.every((line) => line.length < MOST_LINE) && attribution.test(above.join(' ').trim())) return from - count;
  }
  return from;
}

function dividerFrom(lines: readonly string[]): number {
  const at = lines.findIndex((line) => line.length < MOST_LINE && divider.test(line.trim()));
  return at < 0 ? lines.length : at;
}

const isQuote = (line: string) => line.trimStart().startsWith('>');
const isQuoteOrBlank = (line: string) => isQuote(line) || line.trim() === '';
