// What other modules may use of customers.
export { customerCreate, customerUpdate, lockCustomer } from './customers.commands.ts';
export { customer, identity } from './customers.entity.ts';
export { normaliseIdentity, normalisePhone } from './identity.ts';
export { needCommands, preferenceCommands } from './knowledge.commands.ts';
export { reachOf, reachPolicy } from './reach.ts';
export { type CustomerRef, customerRef, lockCustomers, requireCustomer, resolveCustomerRefs } from './resolve.ts';
export { recordStageEntry, type StageEntry } from './stage-entry.ts';
export { addTimelineSource } from './timeline.ts';
export { customersUpsert } from './upsert.command.ts';
