// The server as it always runs, but that one which is killed soon leaves its compile cache behind for the next.
import { flushCompileCache } from 'node:module';

await import('../../src/main.ts');
setTimeout(flushCompileCache, 100).unref();
