// Finds the entry files of plugins: folders below one directory, and npm packages by name.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

export type PluginSource = {
  /** The folder or package, for people. */
  label: string;
  /** What is imported. */
  specifier: string;
};

const entryFiles = ['index.ts', 'index.js', 'index.mjs'];
const packageName = /^(?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*(?:\/[A-Za-z0-9._~-]+)*$/;

/**
 * The plugins in the folders of `directory`, in the order of their names. Folders whose names begin with `.` or `_` are
 * none, and neither is `node_modules`; any other without an entry file is a mistake.
 */
export async function pluginFolders(directory: string, required: boolean): Promise<PluginSource[]> {
  let entries: { name: string; isDirectory(): boolean; isSymbolicLink(): boolean }[];
  try {
    entries = await readdir(directory, { withFileTypes: true });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && !required) return [];
    throw new Error(`the folder of plugins ${directory} cannot be read: ${code ?? 'unknown'}`);
  }
  const names = entries
    .filter((entry) => entry.isDirectory() || entry.isSymbolicLink())
    .map(({ name }) => name)
    .filter((name) => !/^[._]/.test(name) && name !== 'node_modules')
    .sort();
  return Promise.all(names.map((name) => folderOf(directory, name)));
}

async function folderOf(directory: string, name: string): Promise<PluginSource> {
  const files: string[] = await readdir(join(directory, name)).catch(() => []);
  const entry = entryFiles.find((file) => files.includes(file));
  if (!entry) throw new Error(`${name}: its folder ${join(directory, name)} has neither index.ts nor index.js`);
  return { label: name, specifier: pathToFileURL(join(directory, name, entry)).href };
}

export function pluginPackage(name: string): PluginSource {
  if (!packageName.test(name)) throw new Error(`"${name.slice(0, 80)}" is no name of an npm package`);
  return { label: name, specifier: name };
}
