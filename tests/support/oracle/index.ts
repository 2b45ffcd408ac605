// The oracle: a deliberately naive implementation of every query, to hold the read engine against.
export { type Operation, type OracleAnswer, type OracleError, oracleAnswer } from './answer.ts';
export type { Oracle } from './policy.ts';
export { type OracleSchema, oracleSchema } from './schema.ts';
export { loadTables, type Row, type Tables } from './tables.ts';
