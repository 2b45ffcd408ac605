// A difference, as it is told: enough to run it again and to see it at a glance.
import type { Case } from './shrink.ts';

export type Failure = Case & { engine: string; difference: string };

/** Of a failing document as it was made, and as small as it could be made. */
export function reportOf(seed: number, number: number, whole: Failure, small: Failure): string {
  const { viewer, asked, engine, difference } = small;
  const { role, userId, teamIds } = viewer;
  const shownRole = {
    permissions: [...role.permissions],
    rowScope: Object.fromEntries(role.rowScope),
    hiddenFields: [...role.hiddenFields],
  };
  return [
    `TRATO_SEED=${seed}, document ${number}: ${engine} differs from the oracle`,
    `whole: ${whole.difference}`,
    `shrunk: ${difference}`,
    `viewer: ${viewer.roleName} ${JSON.stringify({ userId, teamIds, ...shownRole })}`,
    `variables: ${JSON.stringify(asked.variables)}`,
    asked.query,
  ].join('\n');
}
