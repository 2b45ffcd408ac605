// What other modules may use of the people and programs that act.
export { apiKey, role, team, user } from './access.entity.ts';
export { apiKeyCreate, apiKeyRevoke, secretOf } from './api-keys.commands.ts';
export {
  type RefScope,
  requireTeamRef,
  requireUserRef,
  resolveTeamRefs,
  resolveUserRefs,
  type TeamRef,
  teamRef,
  type UserRef,
  unknownRef,
  userRef,
} from './refs.ts';
export { roleArchive, roleCreate, roleRestore, roleUpdate } from './roles.commands.ts';
export { teamArchive, teamCreate, teamMemberAdd, teamMemberRemove, teamRestore, teamsUpsert, teamUpdate } from './teams.commands.ts';
export { userArchive, userCreate, userRestore, usersUpsert, userUpdate } from './users.commands.ts';
