/** A count that stopped at a bound where there were more. */
export type BoundedCount = { value: number; isExact: boolean };
