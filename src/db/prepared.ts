// Names of prepared statements. A named statement is parsed and planned once a connection, which is most of the time of
// a short read; but each costs memory in every connection for as long as it lives. So a text gets a name when it comes
// back, few texts have one, and one that is long unused gives its name up: connections then forget it, too.
import type pg from 'pg';

export type StatementNames = {
  /** The name to run this text under; undefined: run it without one. */
  nameOf(text: string): string | undefined;
  /** Has a connection forget what has lost its name; called each time one is taken from the pool. */
  tidy(client: pg.PoolClient): void;
};

/** What is looked at of the connection inside a client of `pg`, which keeps the texts of its statements by name there. */
type Prepared = {
  connection?: { parsedStatements?: Record<string, string>; close?: (statement: { type: 'S'; name: string }) => void };
};

/** Longer texts get no name: they would fill the memory here and in every connection. */
const LONGEST = 50_000;

/** Keeps at most `most` names, and watches for `seen` texts without one to come back. */
export function createStatementNames({ most = 200, seen = 1000 } = {}): StatementNames {
  const names = new Map<string, { name: string; usedAt: number }>();
  const waiting = new Set<string>();
  const tidied = new WeakMap<object, number>();
  let given = 0;
  let retired = 0;

  let uses = 0;

  function retireLeastRecent(): void {
    let oldest = '';
    let usedAt = Number.POSITIVE_INFINITY;
    for (const [text, one] of names) if (one.usedAt < usedAt) [oldest, usedAt] = [text, one.usedAt];
    names.delete(oldest);
    retired++;
  }

  return {
    nameOf(text) {
      if (text.length > LONGEST) return undefined;
      const known = names.get(text);
      if (known) {
        known.usedAt = ++uses;
        return known.name;
      }
      if (!waiting.delete(text)) {
        waiting.add(text);
        if (waiting.size > seen) waiting.delete(waiting.values().next().value!);
        return undefined;
      }
      if (names.size >= most) retireLeastRecent();
      const name = `trato_${given++}`;
      names.set(text, { name, usedAt: ++uses });
      return name;
    },
    tidy(client) {
      if ((tidied.get(client) ?? 0) === retired) return;
      tidied.set(client, retired);
      const { connection } = client as unknown as Prepared;
      const parsed = connection?.parsedStatements ?? {};
      const current = new Set(Array.from(names.values(), (one) => one.name));
      for (const name of Object.keys(parsed)) {
        if (!name.startsWith('trato_') || current.has(name)) continue;
        delete parsed[name];
        // Goes ahead of whatever the taker of the connection sends.
        connection?.close?.({ type: 'S', name });
      }
    },
  };
}
