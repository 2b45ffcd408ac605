// What other modules may use of the relationships.
export { relationshipArchive, relationshipRestore, relationshipUpdate } from './change.commands.ts';
export { descendantsSql } from './descendants.ts';
export { relationshipCreate, relationshipsUpsert } from './relationships.commands.ts';
export { relationship } from './relationships.entity.ts';
