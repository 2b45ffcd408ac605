// What other modules may use of the touch points.
export { touchPointCommands } from './touchpoints.commands.ts';
export { touchPoint } from './touchpoints.entity.ts';
