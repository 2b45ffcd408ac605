import pg from 'pg';
import { migrationError, reasonOf } from './errors.ts';

const connectTimeout = 10_000; // milliseconds

/**
 * Opens one connection, hands it to `use` and closes it.
 * @throws MigrationError DATABASE_UNREACHABLE when no connection can be had (the message never holds the password),
 *   MIGRATION_FAILED for whatever the database refuses in `use`.
 */
export async function withConnection<T>(url: string, use: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = await connect(url);
  try {
    return await use(client);
  } catch (error) {
    if (error instanceof Error && error.name === 'MigrationError') throw error;
    throw migrationError('MIGRATION_FAILED', `the migrations cannot be applied: ${reasonOf(error)}`, error);
  } finally {
    // A connection that the server has cut cannot be closed any more, and need not be.
    await client.end().catch(() => undefined);
  }
}

async function connect(url: string): Promise<pg.Client> {
  try {
    const client = new pg.Client({
      connectionString: url,
      connectionTimeoutMillis: connectTimeout,
      keepAlive: true,
      application_name: 'trato migrations',
    });
    // A connection lost between two statements is reported by the next statement; unheard, the event ends the process.
    client.on('error', () => undefined);
    await client.connect();
    return client;
  } catch (error) {
    const [where, secrets] = withoutPassword(url);
    const reason = secrets.reduce((text, secret) => text.replaceAll(secret, '***'), reasonOf(error));
    throw migrationError('DATABASE_UNREACHABLE', `cannot connect to the database at ${where}: ${reason}`);
  }
}

function withoutPassword(url: string): [string, string[]] {
  const secrets: string[] = [];
  const hide = (secret: string) => {
    if (secret !== '') secrets.push(secret, decoded(secret));
  };
  const where = url
    .replace(/^([a-z]+:\/\/[^:@/?]*):(.*)@/i, (_, before: string, secret: string) => {
      hide(secret);
      return `${before}@`;
    })
    .replace(/([?&]password=)([^&]*)/i, (_, before: string, secret: string) => {
      hide(secret);
      return `${before}***`;
    });
  return [where, secrets];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
