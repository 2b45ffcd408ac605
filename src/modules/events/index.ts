// Events as viewers see them.
export { type EntityFeed, entityFeed } from './entity-feeds.ts';
export { changedFields, hidesCustomer, presentData, subjectEntity } from './present.ts';
export { onlyVisible } from './visible-live.ts';
