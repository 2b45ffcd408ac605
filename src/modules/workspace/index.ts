// What other modules and the start may use of workspaces.
export { type BootstrapOptions, type Bootstrapped, bootstrapWorkspace } from './bootstrap.ts';
export { type CreatedWorkspace, createWorkspace, type NewWorkspace } from './create-workspace.ts';
export { whenCurrencyChanges, workspaceUpdate } from './workspace.commands.ts';
export { workspace } from './workspace.entity.ts';
