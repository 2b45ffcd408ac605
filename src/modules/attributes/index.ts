// What other modules may use of the custom attributes.
export { type Attributes, type CheckedAttributes, checkAttributes } from './check.ts';
