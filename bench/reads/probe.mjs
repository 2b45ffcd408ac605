// Loaded into every server before its own code: answers how much processor time the process has used, and how much memory
// it holds. The server ends with the benchmark that started it.
process.on('message', ({ ask, number }) => {
  if (ask === 'cpu') {
    const { user, system } = process.cpuUsage();
    process.send({ number, answer: (user + system) / 1000 });
  } else if (ask === 'memory') {
    for (let i = 0; i < 3; i++) globalThis.gc?.();
    const { rss, heapUsed, external } = process.memoryUsage();
    process.send({ number, answer: { rss, heapUsed, external } });
  }
});
process.on('disconnect', () => process.exit());
process.channel?.unref();
