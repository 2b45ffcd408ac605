// What other modules may use of the custom attributes.
export { attributeDefinitionCommands } from './attributes.commands.ts';
export { attributeDefinition } from './attributes.entity.ts';
export { type Attributes, type CheckedAttributes, checkAttributes } from './check.ts';
