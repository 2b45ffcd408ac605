// What tests get as `fast-check`: itself, drawing from the seed of the run.
import { createRequire } from 'node:module';
import { inject } from 'vitest';

const fc = createRequire(import.meta.url)('fast-check') as typeof import('fast-check').default;
fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: inject('seed') });

export default fc;
