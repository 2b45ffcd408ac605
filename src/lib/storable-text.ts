/** What makes a text unfit to be kept by PostgreSQL, in words; null where nothing does. */
export function faultOf(text: string): string | null {
  if (text.includes('\0')) return 'the character NUL';
  return text.isWellFormed() ? null : 'half of a surrogate pair';
}
