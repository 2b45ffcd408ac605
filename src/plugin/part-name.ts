// Names that plugins give to handlers and schedules. They are kept in the database and must never change.

/** Throws unless it is lower-case words. */
export function assertPartName(what: string, name: string): void {
  if (!/^[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*$/.test(name) || name.length > 60) {
    throw new Error(`the ${what} "${String(name).slice(0, 80)}" must be named in lower-case words joined by - or _`);
  }
}
