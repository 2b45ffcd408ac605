// The SQL that a piece of work sends, from whatever connection of this process.
import pg from 'pg';

export type SentStatement = { text: string; values: unknown[] };

/** What runs by itself, and what tells who asks and what they may spend. */
const byItself =
  /\b(event_inbox|event_head|event_consumers|pg_try_advisory_lock|api_keys|roles|credential_budgets)\b|^\s*(begin|commit|rollback|listen|set)\b/i;

/** Answers what `work` gives, and the statements that were sent while it ran, without those of signing in and of the event log. */
export async function statementsOf<T>(work: () => Promise<T>): Promise<{ result: T; statements: SentStatement[] }> {
  const statements: SentStatement[] = [];
  const { prototype } = pg.Client;
  const { query } = prototype;
  prototype.query = function watched(this: pg.Client, ...args: unknown[]) {
    const [first, second] = args as [string | { text?: string; values?: unknown[] }, unknown];
    const text = typeof first === 'string' ? first : (first?.text ?? '');
    const values = typeof first === 'string' ? second : first?.values;
    if (text && (text.includes('row_to_json') || !byItself.test(text))) {
      statements.push({ text, values: Array.isArray(values) ? values : [] });
    }
    return Reflect.apply(query, this, args);
  } as typeof query;
  try {
    return { result: await work(), statements };
  } finally {
    prototype.query = query;
  }
}
