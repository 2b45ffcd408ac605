// `npm run bench`: every benchmark in turn; `npm run bench -- ingest` runs one. Each is loaded when its turn comes.
const benches: Record<string, () => Promise<void>> = {
  ingest: async () => (await import('./ingest.ts')).benchIngest(),
  feed: async () => (await import('./feed.ts')).benchFeed(),
  reads: async () => (await import('./reads/reads.ts')).benchReads(),
  memory: async () => (await import('./reads/memory.ts')).benchMemory(),
  webhooks: async () => (await import('./partners/webhooks.ts')).benchWebhooks(),
  'fan-out': async () => (await import('./partners/fan-out.ts')).benchFanOut(),
  'plugin-field': async () => (await import('./partners/plugin-field.ts')).benchPluginField(),
  segments: async () => (await import('./segments/segments.ts')).benchSegments(),
};
const asked = process.argv.slice(2);
for (const name of asked.length > 0 ? asked : Object.keys(benches)) {
  const bench = benches[name];
  if (!bench) throw new Error(`no benchmark ${name}: there are ${Object.keys(benches).join(', ')}`);
  await bench();
}
