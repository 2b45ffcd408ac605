import { crudMutations } from '../../graphql/crud-mutations.ts';
import { entityMutation } from '../../graphql/mutation.ts';
import { entityRootFields, entityType } from '../../graphql/object-type.ts';
import { lifecycleStageCommands } from './lifecycle.commands.ts';
import { lifecycleStage, lifecycleTransition } from './lifecycle.entity.ts';
import { customerMoveToStage } from './move.command.ts';

entityType(lifecycleStage);
entityRootFields(lifecycleStage);
entityType(lifecycleTransition);
crudMutations(lifecycleStageCommands, 'LifecycleStage');
entityMutation(customerMoveToStage, 'Customer');
