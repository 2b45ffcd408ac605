import sql from 'sql-template-tag';

/**
 * The present as a column of `timestamptz(3)` holds it. Such a column rounds to the nearest millisecond, so what was noted
 * as `now()` may stand up to half a millisecond ahead of it; compared with this, a moment noted before is never later.
 */
export const presentSql = sql`now()::timestamptz(3)`;
