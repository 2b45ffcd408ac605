// What other modules may use of territories.
export { type Assigned, type Assignment, assign, assignmentColumns, assignmentFields, type Holder } from './assign.ts';
export { assignByTerritory, type FoundTerritory, territoriesFor, territoryFor } from './find.ts';
export { territoryCommands } from './territories.commands.ts';
export { territory } from './territories.entity.ts';
