import { bulkMutation } from '../../graphql/bulk-mutation.ts';
import { entityMutation } from '../../graphql/mutation.ts';
import { entityRootFields, entityType } from '../../graphql/object-type.ts';
import { relationshipArchive, relationshipRestore, relationshipUpdate } from './change.commands.ts';
import { relationshipCreate, relationshipsUpsert } from './relationships.commands.ts';
import { relationship } from './relationships.entity.ts';

entityType(relationship);
entityRootFields(relationship);
entityMutation(relationshipCreate, 'Relationship');
entityMutation(relationshipUpdate, 'Relationship');
entityMutation(relationshipArchive, 'Relationship');
entityMutation(relationshipRestore, 'Relationship');
bulkMutation(relationshipsUpsert, 'Relationship');
