// What other modules may use of leads.
export { leadCapture, leadsCapture } from './capture.commands.ts';
export { leadCriterionCommands, leadSourceCommands } from './criteria.commands.ts';
export { leadConvert, leadDisqualify, leadUpdate } from './leads.commands.ts';
export { lead, leadCriterion, leadPoints, leadSource } from './leads.entity.ts';
