// Answers as text: what in them belongs to another workspace, and what is the same from call to call.
import type { RichWorkspace } from './rich-workspace.ts';
import { type Outcome, withoutSeconds } from './sandbox.ts';

const started = new Date(Math.floor(Date.now() / 1000) * 1000).toISOString();
/** Where periods begin that nobody gave. */
const aYearBefore = new Date(Date.parse(started) - 365 * 86_400_000).toISOString();
const soonAfter = new Date(Date.parse(aYearBefore) + 2 * 3_600_000).toISOString();

const TYPE_ID = /\b[a-z]+_[0-7][0-9a-hjkmnp-tv-z]{25}\b/g;
const UUID = /\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g;
const MOMENT_IN_SQL = /\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?\+00/g;
const MOMENT = /\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\b/g;

const CURSOR = /(?<=")[\w-]{16,}(?=")/g;

/** The sort values in a cursor, without the fingerprint of its filter. */
function cursorValues(text: string): string | null {
  try {
    return JSON.stringify(JSON.parse(Buffer.from(text, 'base64url').toString('utf8')).slice(1)).replaceAll('"', "'");
  } catch {
    return null;
  }
}

/** Whether an answer holds the id of a row of that workspace. */
export function namesRowsOf({ data }: Outcome, { all }: RichWorkspace): boolean {
  return [...JSON.stringify(data ?? null).matchAll(TYPE_ID)].some(([id]) => all.has(id));
}

/** An answer as text, without what differs from call to call: what was sent, new ids, new keys and the time. */
export function normal(outcome: Outcome, sent: string[], own: RichWorkspace): string {
  const answer = JSON.stringify([outcome.data ?? null, outcome.errors.map(({ code, message, path }) => [code, message, path])]);
  let text = withoutSeconds(answer).replace(CURSOR, (cursor) => cursorValues(cursor) ?? cursor);
  for (const one of [...sent].sort((a, b) => b.length - a.length)) text = text.replaceAll(one, '<sent>');
  return text
    .replace(/"trato_\w+/g, '"<key>')
    .replace(/"whsec_[\w+/=]+/g, '"<secret>')
    .replace(/"msg_[0-9a-f]{32}"/g, '"<message>"')
    .replace(TYPE_ID, (id) => (own.all.has(id) ? id : '<id>'))
    .replace(UUID, (id) => (own.all.has(id) ? id : '<uuid>'))
    .replace(MOMENT_IN_SQL, (moment) => `${moment.slice(0, 10)}T${moment.slice(11, 19)}.000Z`)
    .replace(MOMENT, (moment) => (moment >= started || (moment >= aYearBefore && moment < soonAfter) ? '<now>' : moment));
}

/** What an answer holds of the other workspace besides what was sent to it. */
export function leaks(outcome: Outcome, sent: string[], { own, foreign }: { own: RichWorkspace; foreign: RichWorkspace }): string[] {
  let text = JSON.stringify([outcome.data, outcome.errors]);
  // Cursors carry sort values and ids.
  for (const [cursor] of text.matchAll(CURSOR)) text += Buffer.from(cursor, 'base64url').toString('utf8');
  for (const one of sent) text = text.replaceAll(one, '');
  const ids = [...text.matchAll(TYPE_ID), ...text.matchAll(UUID)].map(([id]) => id).filter((id) => foreign.all.has(id) && !own.all.has(id));
  return [...(text.includes(foreign.word) ? [foreign.word] : []), ...(text.includes(foreign.key) ? [foreign.key] : []), ...ids];
}

/** Where two texts part. */
export function difference(one: string, other: string): string {
  const at = [...one].findIndex((letter, i) => letter !== other[i]);
  return [one, other].map((text) => text.slice(Math.max(0, at - 60), at + 120)).join('\n  ');
}
