// What other modules may use of the lifecycle.
export { lifecycleStageCommands } from './lifecycle.commands.ts';
export { lifecycleStage, lifecycleTransition } from './lifecycle.entity.ts';
export { customerMoveToStage } from './move.command.ts';
