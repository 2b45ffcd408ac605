// SQL that is compiled once and filled for each request. A template is an ordinary `Sql` with slots among its values:
// whatever depends on who asks (row policies) or on arguments (filters, pages) is a slot and is built anew each time,
// so a compiled statement never carries anything of the request it was compiled for.
import type { GraphQLError } from 'graphql';
import sql, { raw, type Sql } from 'sql-template-tag';
import type { Viewer } from '../auth/viewer.ts';

/** One execution of a compiled statement. */
export type Run = {
  viewer: Viewer;
  /** Coerced variables of the operation. */
  variables: Record<string, unknown>;
  /** What slots share, by the object that owns it. */
  memo: Map<object, unknown>;
  /** SQL that marks a place of the answer with an error; `more` is text of further members of its object, each after a comma. */
  mark(error: GraphQLError, more?: Sql): Sql;
  /** In place of a field that is refused for sure: marks it, or throws where one error ends the whole answer. */
  refuse(error: GraphQLError): Sql;
};

const SLOT = Symbol('slot');
type Slot = { [SLOT]: (run: Run) => Sql };

/** A part of a template that is built for each run. */
export function slot(build: (run: Run) => Sql): Sql {
  const value: Slot = { [SLOT]: build };
  return sql`${value as never}`;
}

/** A value of a template that is told by each run. */
export function param(value: (run: Run) => unknown): Sql {
  return slot((run) => sql`${value(run) as never}`);
}

/** A value that is worked out once in a run. */
export function perRun<T>(work: (run: Run) => T): (run: Run) => T {
  const owner = {};
  return (run) => {
    let found = run.memo.get(owner) as T | undefined;
    if (found === undefined) {
      found = work(run);
      run.memo.set(owner, found);
    }
    return found;
  };
}

export type Statement = { text: string; values: unknown[] };

/** The statement of a run. Throws what a slot throws. */
export function render(template: Sql, run: Run): Statement {
  const statement: Statement = { text: '', values: [] };
  append(template, run, statement);
  return statement;
}

function append(part: Sql, run: Run, statement: Statement): void {
  const { strings, values } = part;
  statement.text += strings[0];
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as unknown;
    if (typeof value === 'object' && value !== null && SLOT in value) append((value as Slot)[SLOT](run), run, statement);
    else statement.text += `$${statement.values.push(value)}`;
    statement.text += strings[i + 1];
  }
}

/** An integer written into the text, so that the planner sees it. */
export function literal(value: number): Sql {
  return raw(String(Math.trunc(value)));
}

/** A text written as an SQL literal. */
export function textLiteral(value: string): Sql {
  return raw(`'${value.replaceAll("'", "''")}'`);
}
