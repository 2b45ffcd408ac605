// An event as a viewer may see it: hidden fields cut out, ids as the API writes them.
import type { Viewer } from '../../auth/viewer.ts';
import { isHidden } from '../../auth/permissions.ts';
import type { EventRow } from '../../events/index.ts';
import { encodeId } from '../../graphql/ids.ts';
import { formatDecimal } from '../../graphql/scalars.ts';
import { allEntities, type Entity, entityNamed } from '../../query/entity.ts';
import { fieldOfColumn } from '../../query/policy.ts';
import { modelOf } from '../../query/sql.ts';

type Values = Record<string, unknown>;

/** The entity of the event's subject, if the code still knows it. */
export function subjectEntity(event: EventRow): Entity | null {
  return allEntities().some((entity) => entity.name === event.subjectType) ? entityNamed(event.subjectType) : null;
}

/** The event's data for this viewer: `{ before, after }` under the property names of the subject. */
export function presentData(viewer: Viewer, event: EventRow): Values {
  const entity = subjectEntity(event);
  if (!entity) return {};
  return Object.fromEntries(Object.entries(event.data).map(([part, values]) => [part, values && typeof values === 'object' ? presentValues(viewer, entity, values as Values) : values]));
}

function presentValues(viewer: Viewer, entity: Entity, values: Values): Values {
  const visible = Object.entries(values).filter(([name]) => !isHidden(viewer.role, entity.name, fieldOfColumn(entity, name)));
  return Object.fromEntries(visible.map(([name, value]) => [name, presentValue(entity, name, value)]));
}

function presentValue(entity: Entity, name: string, value: unknown): unknown {
  if (typeof value !== 'string') return value;
  const model = modelOf(entity.name);
  const column = model.columns[name];
  if (column?.type === 'numeric') return formatDecimal(value);
  if (column?.type !== 'uuid') return value;
  const relation = Object.values(model.relations).find((one) => one.owning && one.fields.includes(name));
  return relation ? encodeId(relation.model, value) : value;
}
