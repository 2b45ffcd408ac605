import { pluginTests } from '../../../../src/plugin/testing/vitest-config.ts';

export default { ...pluginTests, test: { ...pluginTests.test, include: ['contract.ts'] } };
