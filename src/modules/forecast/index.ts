// What other modules may use of targets, forecasts and figures of selling.
export { type Forecast, type ForecastArgs, type ForecastFigures, readForecast } from './forecast.ts';
export { type Performance, type PerformanceArgs, readPerformance } from './performance.ts';
export { salesTargetCommands } from './targets.commands.ts';
export { salesTarget } from './targets.entity.ts';
