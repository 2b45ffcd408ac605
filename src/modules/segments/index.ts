// What other modules may use of segments.
export { segmentMembersAdd, segmentMembersRemove } from './members.commands.ts';
export { segmentationRecompute } from './recompute.ts';
export { segmentationCommands } from './segmentations.commands.ts';
export { segmentCommands } from './segments.commands.ts';
export { segment, segmentation, segmentMembership } from './segments.entity.ts';
export { SEGMENT_UNIT, SEGMENTATION_UNIT } from './units.ts';
