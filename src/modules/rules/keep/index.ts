// Keeping what rules decide up to date.
import './workers.ts';

export { drainRules } from './drain.ts';
export {
  changeAllUnits,
  changeUnit,
  checksCtes,
  defineUnitKind,
  type LoadedUnit,
  lockUnits,
  removeUnit,
  type UnitKind,
  type UnitWork,
} from './units.ts';
