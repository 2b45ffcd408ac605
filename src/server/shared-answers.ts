// One live event reaches many subscribers that ask for the same: an application open on 500 screens sends one document.
// Their answers are equal, so they are made once. Kept for a moment only, since a row may change after its event.
import type { FormattedExecutionResult } from 'graphql';

const KEPT_MS = 50;

export type SharedAnswers = {
  /** The answer made for this key a moment ago, or a new one. Answers with errors name a request and are not shared. */
  get(key: string, make: () => Promise<FormattedExecutionResult>): Promise<FormattedExecutionResult>;
};

export function createSharedAnswers(): SharedAnswers {
  const answers = new Map<string, Promise<FormattedExecutionResult>>();
  return {
    async get(key, make) {
      const known = answers.get(key);
      if (known) {
        const answer = await known;
        return answer.errors ? make() : answer;
      }
      const fresh = make();
      answers.set(key, fresh);
      setTimeout(() => answers.delete(key), KEPT_MS).unref();
      return fresh;
    },
  };
}
