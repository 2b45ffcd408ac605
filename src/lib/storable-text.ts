/** What makes a text unfit to be kept by PostgreSQL, in words; null where nothing does. */
export function faultOf(text: string): string | null {
  if (text.includes('\0')) return 'the character NUL';
  return text.isWellFormed() ? null : 'half of a surrogate pair';
}

/** The beginning of a text from outside, at most so many UTF-16 units, in a form that PostgreSQL keeps: without NUL, and no character is halved. */
export function storable(text: string, most: number): string {
  return text.replaceAll('\0', '').slice(0, most).toWellFormed();
}
