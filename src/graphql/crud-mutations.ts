// The mutation fields of a plain entity.
import type { CrudCommands } from '../commands/crud.ts';
import { bulkMutation } from './bulk-mutation.ts';
import { entityMutation } from './mutation.ts';

/** Adds `<noun>Create`, `Update`, `Archive`, `Restore` and `<plural>Upsert`. */
export function crudMutations(commands: CrudCommands, entity: string): void {
  entityMutation(commands.create, entity);
  entityMutation(commands.update, entity);
  entityMutation(commands.archive, entity);
  entityMutation(commands.restore, entity);
  bulkMutation(commands.upsert, entity);
}
