// What tests of plugins import as `trato/plugin/testing`.
export type { Data, TestAnswer, TestCaller, TestError, TestWorkspace } from './callers.ts';
export type { ContractExamples } from './contract/world.ts';
export { type ContractOptions, pluginContract } from './contract.ts';
export { createTestHost, type TestHost, type TestHostOptions } from './host.ts';
export type { SentStatement } from './statements.ts';
