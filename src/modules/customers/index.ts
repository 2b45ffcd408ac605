// What other modules may use of customers.
export { customerCreate, customerUpdate, lockCustomer } from './customers.commands.ts';
export { customer, identity } from './customers.entity.ts';
export { defineErasure, type Erasure } from './erasures.ts';
export { isUserError, normaliseIdentity, normalisePhone } from './identity.ts';
export { needCommands, preferenceCommands } from './knowledge.commands.ts';
export { matchedCustomer } from './matched.ts';
export { reachOf, reachPolicy } from './reach.ts';
export { type CustomerRef, customerRef, lockCustomers, requireCustomer, resolveCustomerRefs, workspaceCountry } from './resolve.ts';
export { recordStageEntry, type StageEntry } from './stage-entry.ts';
export { addTimelineSource } from './timeline.ts';
export { customersUpsert } from './upsert.command.ts';
