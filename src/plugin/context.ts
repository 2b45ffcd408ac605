// Everything that makes what the functions of plugins are given.
export { jobContext } from './context-job.ts';
export { callContext, callerOf, type ReadFrom, readContext } from './context-read.ts';
export { commandContextOf, writeCallContext, writeContext } from './context-write.ts';
export { assertFinished } from './emit.ts';
export { originOf, pluginViewer } from './plugin-viewer.ts';
export { TooLate, within, withTimeout } from './timeouts.ts';
