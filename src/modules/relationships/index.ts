// What other modules may use of the relationships.
export { descendantsSql } from './descendants.ts';
