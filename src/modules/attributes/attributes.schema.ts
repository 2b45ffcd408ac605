import { crudMutations } from '../../graphql/crud-mutations.ts';
import { entityRootFields, entityType } from '../../graphql/object-type.ts';
import { attributeDefinitionCommands } from './attributes.commands.ts';
import { attributeDefinition } from './attributes.entity.ts';

entityType(attributeDefinition);
entityRootFields(attributeDefinition);
crudMutations(attributeDefinitionCommands, 'AttributeDefinition');
