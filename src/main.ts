// Starts the server. Before anything else is loaded: graphql-js checks less in production, and compiled code is kept
// for the next start.
import { enableCompileCache } from 'node:module';

process.env.NODE_ENV ||= 'production';
enableCompileCache();
const { runServer } = await import('./server/run.ts');
await runServer();
