import { crudMutations } from '../../graphql/crud-mutations.ts';
import { entityRootFields, entityType } from '../../graphql/object-type.ts';
import { touchPointCommands } from './touchpoints.commands.ts';
import { touchPoint } from './touchpoints.entity.ts';
import './figures.schema.ts';

entityType(touchPoint);
entityRootFields(touchPoint);
crudMutations(touchPointCommands, 'TouchPoint');
