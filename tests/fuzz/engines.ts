// What is held against the oracle: the read engine by each of its executors.
import type { Viewer } from '../../src/auth/viewer.ts';
import { answer } from '../support/engine.ts';
import type { EngineAnswer, EngineError } from './compare.ts';
import type { World } from './world.ts';

export type Asked = { query: string; variables: Record<string, unknown>; operationName: string | undefined };
export type Engine = {
  name: string;
  /** Null where this executor does not answer such an operation. */
  answer(viewer: Viewer, asked: Asked): Promise<EngineAnswer | null>;
};

/** The executors of the read engine; the last one answers everything. */
export function enginesOf({ db }: World): Engine[] {
  return (['direct', 'hybrid', 'exec'] as const).map((name) => ({
    name,
    async answer(viewer, { query, variables, operationName }) {
      try {
        const found = await answer({ db }, viewer, { query, variables, ...(operationName && { operationName }) }, name);
        return found && { data: found.data, errors: found.errors.map(withCause) };
      } catch (error) {
        return { data: null, errors: [{ code: `thrown ${(error as Error).stack}`, path: '' }] };
      }
    },
  }));
}

function withCause({ code, path, message }: { code: string; path: string; message: string }): EngineError {
  return { code: code === 'INTERNAL_SERVER_ERROR' ? `${code} (${message})` : code, path };
}
