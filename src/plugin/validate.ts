// Whether a definition is one, before anything of it runs. Messages are for the plugin's author.
import { satisfies, valid, validRange } from 'semver';
import { knownSubjects, parsePermission } from '../auth/permissions.ts';
import { isCoreNoun } from '../events/index.ts';
import { isNear, nearest } from '../lib/nearest.ts';
import { capabilityWords } from './capabilities.ts';
import { PLUGIN_API_VERSION, type Plugin } from './definition.ts';
import { idPattern, MAX_ID } from './names.ts';

const takenIds: ReadonlySet<string> = new Set([...knownSubjects, 'admin', 'trato', 'core', 'plugin']);
const rightPattern = /^(?:read|write):([a-z][a-z0-9]*(?:-[a-z0-9]+)*)$/;

/** Throws an Error whose message begins with the plugin's id and says what is wrong. */
export function validateDefinition(definition: Plugin): void {
  if (typeof definition !== 'object' || definition === null) throw new Error('a plugin is what definePlugin gives');
  const { id } = definition;
  if (typeof id !== 'string' || !idPattern.test(id) || id.length > MAX_ID) {
    throw new Error(
      `"${String(id).slice(0, 60)}" is no id of a plugin: lower-case words joined by -, beginning with a letter, at most ${MAX_ID} characters`,
    );
  }
  const wrong = [...problems(definition)];
  if (wrong.length > 0) throw new Error(`${id}: ${wrong.join('; ')}`);
}

function* problems({ id, version, api, description, config, capabilities, scopes, setup }: Plugin): Generator<string> {
  if (takenIds.has(id)) yield 'the core uses this id itself';
  // Nobody could tell its events from the core's.
  else if (isCoreNoun(id.replaceAll('-', '_'))) yield `the core's own events begin with ${id.replaceAll('-', '_')}`;
  if (typeof version !== 'string' || valid(version) !== version) yield 'its version must be semantic, such as 1.0.0';
  if (typeof api !== 'string' || validRange(api) === null) yield 'its api must be a range of versions, such as ^1.0.0';
  else if (!satisfies(PLUGIN_API_VERSION, api)) yield `it works with the plugin API ${api}, and this server has ${PLUGIN_API_VERSION}`;
  if (typeof description !== 'string' || description.trim() === '') yield 'it needs a description';
  if (typeof (config as { safeParse?: unknown } | undefined)?.safeParse !== 'function')
    yield 'its config must be a zod schema, such as z.object({})';
  if (typeof setup !== 'function') yield 'its setup must be a function';
  yield* capabilityProblems(capabilities);
  yield* scopeProblems(id, scopes);
}

function* capabilityProblems(capabilities: unknown): Generator<string> {
  if (!Array.isArray(capabilities)) {
    yield 'its capabilities must be a list';
    return;
  }
  for (const capability of capabilities) {
    if (typeof capability === 'string' && Object.hasOwn(capabilityWords, capability)) continue;
    const subject = typeof capability === 'string' ? rightPattern.exec(capability)?.[1] : undefined;
    if (subject === undefined) yield `there is no capability "${String(capability).slice(0, 60)}"`;
    else if (!(knownSubjects as readonly string[]).includes(subject) || subject === 'recognise') {
      yield `the capability "${capability.slice(0, 60)}" names no subject of the core${meantSubject(capability, subject)}`;
    }
  }
  if (new Set(capabilities).size !== capabilities.length) yield 'it names a capability twice';
}

/** The subject that was most likely meant; all of them where none is near. */
function meantSubject(capability: string, subject: string): string {
  const subjects = knownSubjects.filter((one) => one !== 'recognise');
  const near = nearest(subject, subjects);
  const [action] = capability.split(':');
  return near && isNear(subject, near) ? `: do you mean "${action}:${near}"?` : `; there are ${subjects.join(', ')}`;
}

function* scopeProblems(id: string, scopes: unknown): Generator<string> {
  if (typeof scopes !== 'object' || scopes === null) {
    yield 'its scopes must be an object';
    return;
  }
  for (const [scope, description] of Object.entries(scopes)) {
    if (!isOwnScope(id, scope)) yield `the scope "${scope.slice(0, 60)}" must be named ${id}:read or ${id}:write`;
    else if (typeof description !== 'string' || description.trim() === '') yield `the scope "${scope}" needs a description`;
  }
}

function isOwnScope(id: string, scope: string): boolean {
  try {
    const { subject, action } = parsePermission(scope);
    return subject === id && action !== '*';
  } catch {
    return false;
  }
}
