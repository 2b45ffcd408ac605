// GraphQL input types made from the zod schemas of commands, so that an input is declared once.
import type { z } from 'zod';
import type { InputMeta } from '../commands/fields.ts';
import { builder } from './builder.ts';
import { enumRefs } from './common-types.ts';
import { enumOfNames } from './refs.ts';

type Def = {
  type: string;
  innerType?: z.ZodType;
  element?: z.ZodType;
  in?: z.ZodType;
  out?: z.ZodType;
  getter?: () => z.ZodType;
  shape?: Record<string, z.ZodType>;
  entries?: Record<string, string>;
  defaultValue?: unknown;
};
type Described = { type: unknown; required: boolean; defaultValue?: unknown; description: string };

const inputs = new Map<string, unknown>();
const enums = new Map<string, unknown>();

const defOf = (schema: z.ZodType) => schema._zod.def as unknown as Def;

function metaOf(schema: z.ZodType): InputMeta {
  return ((schema as unknown as { meta(): InputMeta | undefined }).meta() ?? {}) as InputMeta;
}

/** The GraphQL type, nullability and default of a zod schema. */
export function describeInput(schema: z.ZodType): Described {
  const def = defOf(schema);
  const meta = metaOf(schema);
  if (def.type === 'lazy') {
    const inner = describeInput(def.getter!());
    return { ...inner, description: meta.description ?? inner.description };
  }
  if (def.type === 'optional' || def.type === 'nullable') {
    const inner = describeInput(def.innerType!);
    return { ...inner, required: false, description: meta.description ?? inner.description };
  }
  if (def.type === 'default' || def.type === 'prefault') {
    const inner = describeInput(def.innerType!);
    // The SDL has no literal for objects of scalars such as JSON.
    const { defaultValue } = def;
    const told = typeof defaultValue === 'object' && !Array.isArray(defaultValue) ? {} : { defaultValue };
    return { ...inner, required: false, ...told, description: meta.description ?? inner.description };
  }
  if (def.type === 'pipe') {
    // What `z.preprocess` puts in front has no type: that of what follows is meant.
    const inner = describeInput(defOf(def.in!).type === 'transform' ? def.out! : def.in!);
    return { ...inner, type: meta.gql ? namedType(meta.gql) : inner.type, description: meta.description ?? inner.description };
  }
  if (def.type === 'array') {
    const element = describeInput(def.element!);
    return { type: [element.type], required: true, description: meta.description ?? element.description };
  }
  return { type: leafType(def, meta), required: true, description: meta.description ?? '' };
}

function leafType(def: Def, meta: InputMeta): unknown {
  if (def.type === 'object') return inputType(def, meta);
  if (def.type === 'enum' && meta.gql) return enumType(meta.gql, Object.values(def.entries!), meta.description ?? meta.gql);
  if (meta.gql) return namedType(meta.gql);
  const type = (
    { string: 'String', boolean: 'Boolean', number: 'Float', int: 'Int', unknown: 'JSON', record: 'JSON' } as Record<string, string>
  )[def.type];
  if (!type) throw new Error(`no GraphQL input for zod ${def.type}`);
  return type;
}

function namedType(name: string): unknown {
  return enumRefs[name] ?? inputs.get(name) ?? name;
}

function enumType(name: string, values: string[], description: string): unknown {
  const known = enumRefs[name] ?? enums.get(name);
  if (known) return known;
  const ref = enumOfNames(name, description, values);
  enums.set(name, ref);
  return ref;
}

/** Lets inputs name an enum that a module made by hand. */
export function registerEnum(name: string, ref: unknown): void {
  enums.set(name, ref);
}

function inputType(def: Def, meta: InputMeta): unknown {
  const name = meta.gql;
  if (!name) throw new Error('an input object needs a name');
  const known = inputs.get(name);
  if (known) return known;
  const ref = builder.inputRef<object>(name);
  inputs.set(name, ref);
  (ref as unknown as { implement(options: object): void }).implement({
    description: meta.description ?? name,
    isOneOf: meta.oneOf ?? false,
    fields: (t: { field(options: object): unknown }) =>
      Object.fromEntries(
        Object.entries(def.shape!).map(([field, part]) => {
          const described = describeInput(part);
          if (!described.description) throw new Error(`${name}.${field} has no description`);
          return [field, t.field(described)];
        }),
      ),
  });
  return ref;
}
