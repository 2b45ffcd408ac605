// What a rule of the factory waits for and what its opportunities are worth, as stored: ids in place of keys.

export type DateOf = { birthday: true } | { attribute: string } | { lastPurchase: true };

/** By the kind of the signal. */
export type Settings = {
  SEGMENT_ENTERED: { segmentId: string };
  STAGE_CHANGED: { stageId: string };
  INTERACTION: { kindId: string; direction: string | null; minimumValue: string | null };
  DATE_REACHED: { date: DateOf; daysBefore: number; daysAfter: number; yearly: boolean };
  COMPANION_MISSING: { productId: string; companionId: string };
};

export type StoredValue =
  | { fixed: { amount: string; currency: string } }
  | { productPrice: true }
  | { averageWon: true }
  | { interactionValue: { percent: string } };

/** The branch of the input for each kind of signal. */
export const branchOf = {
  SEGMENT_ENTERED: 'segmentEntered',
  STAGE_CHANGED: 'stageChanged',
  INTERACTION: 'interaction',
  DATE_REACHED: 'dateReached',
  COMPANION_MISSING: 'companionMissing',
} as const satisfies Record<keyof Settings, string>;

/** What an opportunity is made for, in a comparable form: a rule makes no second one for it within its period. */
export function reasonOf(signal: keyof Settings, settings: Settings[keyof Settings]): string {
  switch (signal) {
    case 'SEGMENT_ENTERED':
      return `segment:${(settings as Settings['SEGMENT_ENTERED']).segmentId}`;
    case 'STAGE_CHANGED':
      return `stage:${(settings as Settings['STAGE_CHANGED']).stageId}`;
    case 'INTERACTION':
      return `interaction:${(settings as Settings['INTERACTION']).kindId}`;
    case 'COMPANION_MISSING':
      return `companion:${(settings as Settings['COMPANION_MISSING']).companionId}`;
    case 'DATE_REACHED': {
      const { date } = settings as Settings['DATE_REACHED'];
      return 'attribute' in date ? `attribute:${date.attribute}` : Object.keys(date)[0]!;
    }
  }
}
