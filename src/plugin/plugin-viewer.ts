// A plugin as somebody who reads and writes: with the permissions that it declared, over all rows of a workspace.
import { type CompiledRole, compileRole } from '../auth/permissions.ts';
import { systemViewer } from '../auth/system-viewer.ts';
import type { Viewer } from '../auth/viewer.ts';
import type { LoadedPlugin } from './loaded.ts';

const roles = new WeakMap<LoadedPlugin, CompiledRole>();

/** The plugin as a viewer; its events say SYSTEM and the origin `plugin.<id>`. */
export function pluginViewer(plugin: LoadedPlugin, workspaceId: string): Viewer {
  let role = roles.get(plugin);
  if (!role) {
    const permissions = plugin.definition.capabilities.flatMap((capability) => {
      const [action, subject] = capability.split(':');
      return subject ? [`${subject}:${action}`] : [];
    });
    role = compileRole({ permissions, rowScope: {}, hiddenFields: [] });
    roles.set(plugin, role);
  }
  return { ...systemViewer(workspaceId), role, roleName: `plugin ${plugin.id}`, origin: originOf(plugin) };
}

export function originOf({ id }: Pick<LoadedPlugin, 'id'>): string {
  return `plugin.${id}`;
}
