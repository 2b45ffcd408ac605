// Filter and order inputs, made from an entity's spec. What they mean in SQL is in query/filter.ts and query/order.ts.
import type { InputObjectRef } from '@pothos/core';
import type { Entity, FilterSpec } from '../query/entity.ts';
import { entityNamed } from '../query/entity.ts';
import { isArchivable } from '../query/filter.ts';
import { columnNamed } from '../query/sql.ts';
import { builder, type SchemaTypes } from './builder.ts';
import { enumRefs, SortDirectionRef } from './common-types.ts';
import { enumOfNames } from './refs.ts';

type AnyInput = InputObjectRef<SchemaTypes, never>;
type Operator = { type: unknown; description: string; required?: boolean };

const equality = (type: string): Record<string, Operator> => ({
  eq: { type, description: 'Equal to.' },
  ne: { type, description: 'Other than; also true of null.' },
  in: { type: [type], description: 'One of these, at most 500.' },
  notIn: { type: [type], description: 'None of these; also true of null.' },
  isNull: { type: 'Boolean', description: 'Whether there is no value.' },
});
const comparison = (type: string): Record<string, Operator> => ({
  gt: { type, description: 'Greater than.' },
  gte: { type, description: 'Greater than or equal to.' },
  lt: { type, description: 'Less than.' },
  lte: { type, description: 'Less than or equal to.' },
});

const operatorInputs: Record<string, AnyInput> = {};

function operatorInput(name: string, description: string, operators: Record<string, Operator>): AnyInput {
  operatorInputs[name] ??= builder.inputType(name, {
    description,
    fields: (t) =>
      Object.fromEntries(
        Object.entries(operators).map(([key, operator]) => [
          key,
          t.field({ type: operator.type as never, required: operator.required ?? false, description: operator.description }),
        ]),
      ),
  }) as unknown as AnyInput;
  return operatorInputs[name];
}

const StringFilter = () =>
  operatorInput('StringFilter', 'Conditions on a text; all that are given hold.', {
    ...equality('String'),
    startsWith: { type: 'String', description: 'Begins with, as written.' },
  });
const scalarFilters: Record<string, () => AnyInput> = {
  text: StringFilter,
  uuid: () => operatorInput('IDFilter', 'Conditions on a reference; all that are given hold.', equality('ID')),
  bool: () => operatorInput('BooleanFilter', 'Conditions on a truth value.', { eq: { type: 'Boolean', description: 'Equal to.' } }),
  int4: () =>
    operatorInput('IntFilter', 'Conditions on a whole number; all that are given hold.', { ...equality('Int'), ...comparison('Int') }),
  float8: () =>
    operatorInput('FloatFilter', 'Conditions on a number; all that are given hold.', { ...equality('Float'), ...comparison('Float') }),
  numeric: () =>
    operatorInput('DecimalFilter', 'Conditions on a decimal number; all that are given hold.', {
      ...equality('Decimal'),
      ...comparison('Decimal'),
    }),
  timestamptz: () =>
    operatorInput('DateTimeFilter', 'Conditions on a moment; all that are given hold.', {
      ...equality('DateTime'),
      ...comparison('DateTime'),
    }),
  date: () => operatorInput('DateFilter', 'Conditions on a day; all that are given hold.', { ...equality('Date'), ...comparison('Date') }),
};
const ListFilter = () =>
  operatorInput('StringListFilter', 'Conditions on a list of texts; all that are given hold.', {
    has: { type: 'String', description: 'Holds this one.' },
    hasAll: { type: ['String'], description: 'Holds all of these.' },
    hasAny: { type: ['String'], description: 'Holds at least one of these.' },
    isEmpty: { type: 'Boolean', description: 'Whether it is empty.' },
  });
const KeyFilter = () =>
  operatorInput('KeyFilter', 'Conditions on an entry of a vocabulary, by its key; all that are given hold.', equality('String'));

function columnFilter(entity: Entity, property: string): AnyInput {
  const column = columnNamed(entity.name, property);
  if (column.list) return ListFilter();
  if (column.enum) {
    const ref = enumRefs[column.enum] as unknown as string;
    const { startsWith: _, ...operators } = { ...equality(ref), startsWith: undefined };
    return operatorInput(
      `${column.enum}Filter`,
      `Conditions on ${column.enum}; all that are given hold.`,
      operators as Record<string, Operator>,
    );
  }
  return scalarFilters[column.type]!();
}

/** What a filter compares, in the words of the column or relation it is on. */
function describeFilter(entity: Entity, name: string, spec: FilterSpec): string {
  const words = 'column' in spec ? columnNamed(entity.name, spec.column).description : entity.relations?.[name]?.description;
  return words ? `By \`${name}\`: ${words}` : `By \`${name}\`.`;
}

function filterType(entity: Entity, spec: FilterSpec): unknown {
  if ('column' in spec) return columnFilter(entity, spec.column);
  if ('search' in spec) return 'String';
  if ('id' in spec) return scalarFilters.uuid!();
  if ('keyOf' in spec) return KeyFilter();
  if ('listOf' in spec) return listFilter(entityNamed(spec.listOf));
  return filterRef(entityNamed(spec.relation));
}

function listFilter(target: Entity): AnyInput {
  return operatorInput(
    `${target.name}ListFilter`,
    `Conditions on a list of ${target.name}; archived ones do not count, and all that are given hold.`,
    {
      some: { type: filterRef(target), description: 'At least one fits.' },
      none: { type: filterRef(target), description: 'None fits.' },
    },
  );
}

const attributeInput = () => {
  const ranged = (type: string) => ({ ...equality(type), ...comparison(type) });
  const without = ({ isNull: _isNull, notIn: _notIn, ...rest }: Record<string, Operator>) => rest;
  return operatorInput('AttributeFilter', 'Conditions on one custom attribute; all that are given hold.', {
    key: { type: 'String', required: true, description: 'Key of the attribute.' },
    text: {
      type: operatorInput('AttributeTextFilter', 'Conditions on a TEXT or SELECT attribute.', {
        ...without(ranged('String')),
        startsWith: { type: 'String', description: 'Begins with, as written.' },
      }),
      description: 'As a text.',
    },
    number: {
      type: operatorInput('AttributeNumberFilter', 'Conditions on a NUMBER attribute.', without(ranged('Float'))),
      description: 'As a number.',
    },
    date: {
      type: operatorInput(
        'AttributeDateFilter',
        'Conditions on a DATE or DATE_TIME attribute, as ISO 8601 text.',
        without(ranged('String')),
      ),
      description: 'As a day or moment.',
    },
    boolean: { type: 'Boolean', description: 'As a truth value, equal to.' },
    has: { type: 'String', description: 'A MULTI_SELECT attribute holds this option.' },
    isNull: { type: 'Boolean', description: 'Whether there is no value.' },
  });
};

const ArchivedFilter = enumOfNames(
  'ArchivedFilter',
  'What a list does with archived rows.',
  ['EXCLUDE', 'INCLUDE', 'ONLY'],
  (value) => ({ EXCLUDE: 'Leaves them out.', INCLUDE: 'Shows them too.', ONLY: 'Shows only them.' })[value]!,
);

const filters = new Map<string, AnyInput>();

/** The filter input of an entity. */
export function filterRef(entity: Entity): AnyInput {
  const known = filters.get(entity.name);
  if (known) return known;
  const ref = builder.inputRef<never>(`${entity.name}Filter`) as unknown as AnyInput;
  filters.set(entity.name, ref);
  (ref as unknown as { implement: (options: object) => void }).implement({
    description: `Which rows of ${entity.name}; all conditions hold together. At most 50 conditions, 5 levels deep.`,
    fields: (t: { field: (options: object) => unknown }) => {
      const fields: Record<string, unknown> = {
        and: t.field({ type: [ref], description: 'All of these.' }),
        or: t.field({ type: [ref], description: 'At least one of these.' }),
        not: t.field({ type: ref, description: 'Not this.' }),
      };
      if (isArchivable(entity))
        fields.archived = t.field({
          type: ArchivedFilter,
          description: 'What to do with archived rows; counts at the top level only. EXCLUDE unless told.',
        });
      if (entity.attributes) fields.attributes = t.field({ type: [attributeInput()], description: 'By custom attributes.' });
      for (const [name, spec] of Object.entries(entity.filters ?? {})) {
        fields[name] = t.field({ type: filterType(entity, spec), description: spec.description ?? describeFilter(entity, name, spec) });
      }
      return fields;
    },
  });
  return ref;
}

const orders = new Map<string, AnyInput>();

const AttributeOrderType = enumOfNames('AttributeOrderType', 'How an attribute is compared.', ['TEXT', 'NUMBER']);

const AttributeOrder = () => {
  return operatorInput('AttributeOrder', 'A custom attribute to order by. An index serves it where its definition is `indexed`.', {
    key: { type: 'String', required: true, description: 'Key of the attribute.' },
    type: { type: AttributeOrderType, required: true, description: 'How its values are compared.' },
  });
};

/** The order input of an entity. */
export function orderRef(entity: Entity): AnyInput {
  const known = orders.get(entity.name);
  if (known) return known;
  const names = Object.keys(entity.orders ?? {});
  const field = enumOfNames(
    `${entity.name}OrderField`,
    `Fields to order ${entity.name} by.`,
    names,
    (name) => `By ${name.toLowerCase().replaceAll('_', ' ')}.`,
  );
  const ref = builder.inputType(`${entity.name}Order`, {
    description: `One term of an order of ${entity.name}.`,
    fields: (t) => ({
      field: t.field({ type: field as never, required: !entity.attributes, description: 'The field.' }),
      ...(entity.attributes ? { attribute: t.field({ type: AttributeOrder() as never, description: 'Or a custom attribute.' }) } : {}),
      direction: t.field({ type: SortDirectionRef, defaultValue: 'ASC', description: 'Which way.' }),
    }),
  }) as unknown as AnyInput;
  orders.set(entity.name, ref);
  return ref;
}
