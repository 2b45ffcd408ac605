// Reading a CustomerRef argument of a query.
import { apiError } from '../../graphql/errors.ts';
import { type CustomerRef, customerRef } from './resolve.ts';

const schema = customerRef('Which customer.');

/** A checked reference. Throws ID_INVALID or BAD_USER_INPUT. */
export function parseRef(raw: unknown): CustomerRef {
  const parsed = schema.safeParse(raw);
  if (parsed.success) return parsed.data as CustomerRef;
  const issue = parsed.error.issues[0]!;
  const code = (issue as { params?: { code?: string } }).params?.code === 'ID_INVALID' ? 'ID_INVALID' : 'BAD_USER_INPUT';
  throw apiError(code, issue.message, { path: issue.path.map(String) });
}
