import { crudMutations } from '../../graphql/crud-mutations.ts';
import { entityRootFields, entityType } from '../../graphql/object-type.ts';
import { salesTargetCommands } from './targets.commands.ts';
import { salesTarget } from './targets.entity.ts';

entityType(salesTarget);
entityRootFields(salesTarget);
crudMutations(salesTargetCommands, 'SalesTarget');
