// The server as it always runs, but for the pauses between attempts to deliver: `TRATO_TEST_RETRY_SECONDS`, a comma list.
import { flushCompileCache } from 'node:module';
import '../../src/modules/webhooks/webhooks.schema.ts';
import '../../src/modules/webhooks/deliver/service.ts';
import { setWebhookTiming } from '../../src/modules/webhooks/deliver/index.ts';

setWebhookTiming({ retrySeconds: (process.env.TRATO_TEST_RETRY_SECONDS ?? '').split(',').map(Number) });
await import('../../src/main.ts');
// One that is killed leaves no cache behind.
setTimeout(flushCompileCache, 100).unref();
