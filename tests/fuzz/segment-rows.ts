// The rows of segments: segmentations of each kind, their parts, and who is or was in them.
import type { Filling } from './rows.ts';
import { moment, orNull, text } from './samples.ts';

const kinds = [
  { kind: 'STRATEGIC', method: 'RULES' },
  { kind: 'STRATEGIC', method: 'VALUE_CLASSES' },
  { kind: 'TACTICAL', method: 'RULES' },
];

export async function fillSegments({ random, shift, make, customerId, archivable }: Filling): Promise<void> {
  const named = (stem: string, many: number, i: number) => ({
    key: `${stem}_${(i + shift) % many}`,
    name: text(random),
    description: orNull(random, text(random)),
    ...archivable(),
  });
  const segmentations = await make('Segmentation', kinds.length, (i) => ({
    ...named('division', kinds.length, i),
    ...kinds[i]!,
    measure: null,
    recomputeMinutes: orNull(random, 60),
    recomputeAt: orNull(random, moment(random)),
  }));
  const segments = await make('Segment', 12, (i) => ({
    ...named('part', 12, i),
    segmentationId: segmentations[i % kinds.length]!.id,
    kind: random.pick(['STATIC', 'DYNAMIC']),
    rule: null,
    priority: random.int(0, 3),
    isDefault: i < kinds.length - 1,
    ceiling: orNull(random, random.pick(['0.8', '0.95', '1'])),
  }));
  const taken = new Set<string>();
  const stays = Array.from({ length: 160 }, () => {
    const segment = random.pick(segments);
    const exclusive = segmentations.find(({ id }) => id === segment.segmentationId)!.kind === 'STRATEGIC';
    const customer = customerId();
    const place = `${exclusive ? segment.segmentationId : segment.id} ${customer}`;
    const enteredAt = moment(random);
    const isOver = taken.has(place) || random.chance(0.4);
    if (!isOver) taken.add(place);
    return {
      segmentationId: segment.segmentationId,
      segmentId: segment.id,
      customerId: customer,
      exclusive,
      enteredAt,
      leftAt: isOver ? new Date(enteredAt.getTime() + random.pick([0, 1_000, 86_400_000])) : null,
      value: orNull(random, random.pick(['0', '12.5', '1000'])),
    };
  });
  await make('SegmentMembership', stays.length, (i) => stays[i]!);
  await make('HealthRule', 2, (i) => ({
    health: ['AT_RISK', 'HEALTHY'][i],
    rule: {},
    version: 1,
    createdAt: moment(random),
    updatedAt: moment(random),
  }));
}
