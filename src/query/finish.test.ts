import { GraphQLInt, GraphQLList, GraphQLNonNull, GraphQLObjectType, GraphQLString } from 'graphql';
import { describe, expect, it } from 'vitest';
import { finishRows } from './finish.ts';
import type { Finisher } from './plan.ts';

type Row = { [column: string]: unknown };

/** A finisher of the field `told` on the rows below `path`. */
function finisher(path: string[], resolve: (row: Row) => unknown, type = new GraphQLNonNull(GraphQLString) as never): Finisher {
  const parent = new GraphQLObjectType({ name: 'Thing', fields: { told: { type, resolve: resolve as never } } });
  const field = { key: path.at(-1)!, nodes: [], def: parent.getFields().told!, type: parent, args: () => ({}) };
  return { path, field: field as never, needs: ['n'] };
}

const finish = (data: object, ...finishers: Finisher[]) => finishRows(structuredClone(data) as never, finishers, {} as never, {}, {});
const lists = { list: { nodes: [{ a: null, b: 1, $n: 1, below: [{ a: null, $n: 3 }, null] }, { a: null, b: 2, $n: 2, below: [] }, null] } };

describe('rows of PostgreSQL', () => {
  it('are finished in place, below any lists, and lose the columns that were needed', async () => {
    const told = (row: Row) => Promise.resolve(`n${row.n}`);
    const data = await finish(lists, finisher(['list', 'nodes', 'a'], told), finisher(['list', 'nodes', 'below', 'a'], told));
    expect(data).toEqual({ list: { nodes: [{ a: 'n1', b: 1, below: [{ a: 'n3' }, null] }, { a: 'n2', b: 2, below: [] }, null] } });
    expect(Object.keys((data as typeof lists).list.nodes[0]!)).toEqual(['a', 'b', 'below']);
  });

  it('are serialised as their types say', async () => {
    const numbers = new GraphQLList(GraphQLInt) as never;
    const path = ['list', 'nodes', 'a'];
    expect(
      await finish(
        { list: { nodes: [{ a: null, $n: 1 }] } },
        finisher(path, (row) => [row.n, '2', null], numbers),
      ),
    ).toEqual({
      list: { nodes: [{ a: [1, 2, null] }] },
    });
  });

  it.each<[string, (row: Row) => unknown]>([
    [
      'a resolver throws',
      () => {
        throw new Error('no');
      },
    ],
    ['a resolver fails later', () => Promise.reject(new Error('no'))],
    ['there is nothing where something must be', () => null],
    ['a value does not fit its type', () => ({})],
  ])('are left to graphql-js where %s', async (_why, resolve) => {
    expect(await finish(lists, finisher(['list', 'nodes', 'a'], resolve))).toBeNull();
  });
});
