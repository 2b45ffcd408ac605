// UUIDv7 made by the database, for statements that insert as many rows as they find. PostgreSQL 18 has uuidv7(), 16 and 17 do not.
import sql, { type Sql } from 'sql-template-tag';

/** A new id for each row: the time of `now` and the randomness of a v4, whose version bits 0100 become 0111. */
export function newIdSql(now: Date): Sql {
  const time = now.getTime().toString(16).padStart(12, '0');
  return sql`encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid()) placing decode(${time}, 'hex') from 1 for 6), 52, 1), 53, 1), 'hex')::uuid`;
}
