// Arguments: GraphQL makes their types from zod shapes, and plugins get what zod makes of what was sent.
import { z } from 'zod';
import { toUserError } from '../../../commands/command.ts';
import { apiError } from '../../../graphql/errors.ts';
import { describeInput } from '../../../graphql/zod-inputs.ts';
import type { LoadedPlugin } from '../../loaded.ts';
import { requireDescription, requireFieldName } from './names.ts';

type Described = ReturnType<typeof describeInput>;
export type Shape = Record<string, z.ZodType>;

/** Checks a shape at load, and gives the GraphQL arguments of it. */
export function describedShape(plugin: LoadedPlugin, place: string, shape: Shape): Record<string, Described> {
  return Object.fromEntries(
    Object.entries(shape).map(([name, part]) => {
      requireFieldName(place, name);
      if ((part as { _zod?: unknown } | null | undefined)?._zod === undefined)
        throw new Error(`${place}.${name} is no argument such as arg.text('…')`);
      requireOwnNames(plugin, `${place}.${name}`, part);
      const described = describedPart(`${place}.${name}`, part);
      requireDescription(`${place}.${name}`, described.description);
      return [name, described];
    }),
  );
}

function describedPart(place: string, part: z.ZodType): Described {
  try {
    return describeInput(part);
  } catch (error) {
    throw new Error(`${place}: ${(error as Error).message}; see \`arg\``, { cause: error });
  }
}

/** Input types that a plugin makes itself begin like all else of it. */
function requireOwnNames(plugin: LoadedPlugin, place: string, part: z.ZodType): void {
  const def = part._zod.def as { type: string; innerType?: z.ZodType; element?: z.ZodType; shape?: Shape };
  if (def.innerType) requireOwnNames(plugin, place, def.innerType);
  if (def.element) requireOwnNames(plugin, place, def.element);
  if (!def.shape) return;
  const name = (part.meta() as { gql?: string } | undefined)?.gql;
  if (name !== 'MoneyInput' && !name?.startsWith(plugin.names.pascal)) {
    throw new Error(`${place}: an input object needs .meta({ gql: '${plugin.names.pascal}…' })`);
  }
  for (const [field, inner] of Object.entries(def.shape)) requireOwnNames(plugin, `${place}.${field}`, inner);
}

/** Reads what was sent. Throws BAD_USER_INPUT that names the argument. */
export function argumentsReader(shape: Shape): (args: Record<string, unknown>) => never {
  const schema = z.strictObject(shape);
  return (args) => {
    const sent = Object.fromEntries(Object.entries(args).filter(([name, value]) => value !== null || shape[name]?.safeParse(null).success));
    const parsed = schema.safeParse(sent);
    if (parsed.success) return parsed.data as never;
    const { message, path } = toUserError(parsed.error.issues[0]!);
    throw apiError('BAD_USER_INPUT', `${path.join('.')}: ${message}`);
  };
}
