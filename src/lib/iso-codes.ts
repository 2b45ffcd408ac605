// Which countries and currencies there are, from the locale data of the runtime.
const regions = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' });
// Codes of the locale data that are no countries: unions, outlying Oceania, pseudo-locales, unknown.
const noCountries = new Set(['EU', 'EZ', 'QO', 'UN', 'XA', 'XB', 'ZZ']);
const currencies = new Set(Intl.supportedValuesOf('currency'));

/** Whether ISO 3166-1 has this alpha-2 code, in capitals. */
export function isCountry(code: string): boolean {
  return /^[A-Z]{2}$/.test(code) && regions.of(code) !== undefined && !noCountries.has(code);
}

/** Whether ISO 4217 has this code, in capitals. */
export function isCurrency(code: string): boolean {
  return currencies.has(code);
}
