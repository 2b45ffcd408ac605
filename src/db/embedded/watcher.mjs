// Runs the database's programs for the server process, so that they never outlive it: however that process ends,
// SIGKILL included, the channel to it closes and everything still running here is shut down.
// Plain JavaScript and nothing imported but Node's own, to be up in a few milliseconds.
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';

const PATIENCE_MS = 60_000;
const children = new Map();

// Service managers and terminals signal whole groups; the server process decides when the database stops.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {});

process.on('message', (message) => (message.stop ? stop(message.id) : run(message)));
process.on('disconnect', () => {
  for (const id of children.keys()) stop(id);
});

function run({ id, file, args, options, output, windowsStop }) {
  const fail = (error) => finish(id, { id, exited: true, code: null, error: error.message });
  try {
    const log = openSync(output, 'a', 0o600);
    const child = spawn(file, args, { ...options, stdio: ['ignore', log, log], windowsHide: true });
    closeSync(log);
    children.set(id, { child, windowsStop });
    if (child.pid) tell({ id, pid: child.pid });
    child.once('error', fail);
    child.once('exit', (code, signal) => finish(id, { id, exited: true, code, signal }));
  } catch (error) {
    fail(error);
  }
}

function finish(id, message) {
  clearTimeout(children.get(id)?.timer);
  children.delete(id);
  tell(message);
}

/** SIGINT is PostgreSQL's fast shutdown; SIGQUIT, after a minute, the one that needs recovery at the next start. */
function stop(id) {
  const entry = children.get(id);
  if (!entry || entry.timer) return;
  if (entry.windowsStop) spawnSync(entry.windowsStop.file, entry.windowsStop.args, { windowsHide: true });
  else entry.child.kill('SIGINT');
  entry.timer = setTimeout(() => entry.child.kill('SIGQUIT'), PATIENCE_MS);
}

function tell(message) {
  if (process.connected) process.send(message, () => {});
}
