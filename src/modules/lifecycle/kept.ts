export { changeUnit, defineUnitKind, drainRules, removeUnit, type UnitWork } from '../rules/keep/index.ts';
