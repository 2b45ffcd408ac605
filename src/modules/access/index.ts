// What other modules may use of the people and programs that act.
export { apiKey, role, team, user } from './access.entity.ts';
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
