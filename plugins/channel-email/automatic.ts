// Telling what a machine wrote (RFC 3834): it answers nothing.
import type { Mail } from './mail.ts';
import { isFromServer } from './reports.ts';

const bulk = /^(?:bulk|junk|auto_reply|auto-reply)\b/i;
const marks = ['x-autoreply', 'x-auto-reply', 'x-autorespond', 'x-autoresponder'];

/** How a mail was made, where nobody wrote it: `auto-replied`, `auto-generated` …; null where somebody did. */
export function automaticOf(mail: Mail): string | null {
  const [submitted = 'no'] = mail.headers('auto-submitted').map((value) => /^[a-z-]*/.exec(value.toLowerCase())![0]);
  if (submitted !== 'no' && submitted !== '') return submitted;
  if (marks.some((name) => mail.headers(name).some((value) => value.toLowerCase() !== 'no'))) return 'auto-replied';
  if (mail.headers('precedence').some((value) => bulk.test(value))) return 'auto-generated';
  return isFromServer(mail) ? 'auto-generated' : null;
}
