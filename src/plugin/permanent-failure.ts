// What channels throw when a message can never be sent.
export { PermanentFailure } from '../lib/permanent-failure.ts';
