import { describe, expect, it } from 'vitest';
import { flattened, selectionOf, selectionText } from './selection.ts';

const text = (entity: string, fields?: string): string => selectionText(selectionOf(entity, fields?.split(',')));

describe('selectionOf', () => {
  it('opens fields as the default does, and goes down by dots, through lists too', () => {
    expect(text('teams', 'id,name')).toBe('id name');
    expect(text('teams', 'lead')).toBe('lead { id name email externalId { system value } }');
    expect(text('teams', 'lead.name, lead.email,parent.parent.name')).toBe('lead { name email } parent { parent { name } }');
    expect(text('users', 'teams.name,teams.id')).toBe('teams(first: 100) { nodes { name id } }');
    expect(text('customers', 'health')).toBe('health');
  });
  it('refuses what is no field', () => {
    expect(() => text('teams', 'id,name}')).toThrow(/"name}" is no field/);
    expect(() => text('teams', '')).toThrow(/no field is named/);
    expect(() => text('orders')).toThrow(/cannot be exported/);
  });
});

it('makes lists of connections', () => {
  expect(flattened({ id: 1, teams: { nodes: [{ members: { nodes: [] } }] }, attributes: { nodes: 3 }, owner: null })).toEqual({
    id: 1,
    teams: [{ members: [] }],
    attributes: { nodes: 3 },
    owner: null,
  });
});
