// Why a read costs what it costs: `extensions.explain` with the statements of the read engine, their plans as PostgreSQL
// ran them, and the executor. For administrators who send `x-trato-explain: 1`, or for every signed-in caller where the
// setting TRATO_EXPLAIN is on.
import type { ApolloServerPlugin } from '@apollo/server';
import { hasPermission } from '../auth/permissions.ts';
import type { Viewer } from '../auth/viewer.ts';
import type { Queryable, Statement } from '../db/database.ts';
import type { Context } from '../graphql/context.ts';
import type { Services } from './services.ts';

export const EXPLAIN_HEADER = 'x-trato-explain';
/** Every statement is run once more for its plan. */
const MAX_EXPLAINED = 10;

export type Explained = {
  /** How the answer was made: SQL alone (direct), SQL with finished fields (hybrid), or graphql-js over rows (exec). */
  executor: string;
  statements: { sql: string; plan: string[] }[];
  /** How many statements of the engine there were, also those beyond the ones explained. */
  count: number;
};

/** Whether this request gets an explanation. */
function isWanted(always: boolean, viewer: Viewer | null, header: string | undefined): boolean {
  if (!viewer) return false;
  return always || (header === '1' && (hasPermission(viewer.role, 'admin') || hasPermission(viewer.role, '*')));
}

/** Makes the plugin. */
export function explainPlugin({ db, explain: always }: Pick<Services, 'db' | 'explain'>): ApolloServerPlugin<Context> {
  return {
    async requestDidStart({ contextValue, request }) {
      const { reader, viewer } = contextValue;
      if (!reader || !isWanted(always, viewer, request.http?.headers.get(EXPLAIN_HEADER))) return;
      const seen: { statement: Statement; executor: string }[] = [];
      reader.explain = (statement, executor) => seen.push({ statement, executor });
      return {
        async willSendResponse({ response }) {
          if (response.body.kind !== 'single') return;
          const result = response.body.singleResult;
          result.extensions = { ...result.extensions, explain: await explained(db, seen) };
        },
      };
    },
  };
}

/** The statements with their plans; a plan that cannot be had (the statement's time is up the second time) says so and costs nobody the answer. */
export async function explained(db: Queryable, seen: readonly { statement: Statement; executor: string }[]): Promise<Explained> {
  const statements: Explained['statements'] = [];
  for (const { statement } of seen.slice(0, MAX_EXPLAINED)) {
    statements.push({ sql: statement.text, plan: await planOf(db, statement) });
  }
  return { executor: seen.at(-1)?.executor ?? 'exec', statements, count: seen.length };
}

async function planOf(db: Queryable, { text, values }: Statement): Promise<string[]> {
  try {
    const rows = await db.query<{ 'QUERY PLAN': string }>({ text: `explain (analyze, buffers) ${text}`, values });
    return rows.map((row) => row['QUERY PLAN']);
  } catch (error) {
    return [`no plan: SQLSTATE ${(error as { code?: string }).code ?? 'unknown'}`];
  }
}
