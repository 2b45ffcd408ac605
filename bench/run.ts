// `npm run bench`: every benchmark in turn; `npm run bench -- ingest` runs one.
import { benchFeed } from './feed.ts';
import { benchIngest } from './ingest.ts';

const benches: Record<string, () => Promise<void>> = { ingest: benchIngest, feed: benchFeed };
const asked = process.argv.slice(2);
for (const name of asked.length > 0 ? asked : Object.keys(benches)) {
  const bench = benches[name];
  if (!bench) throw new Error(`no benchmark ${name}: there are ${Object.keys(benches).join(', ')}`);
  await bench();
}
