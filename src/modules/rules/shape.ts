// How deep and large a rule may be; told without recursion, so that a hostile one cannot exhaust the stack.

export const MAX_DEPTH = 8;
export const MAX_CONDITIONS = 100;

export type ShapeFault = { code: 'RULE_TOO_DEEP' | 'RULE_TOO_LARGE'; message: string; path: string[] };

type Place = { value: unknown; path: string[]; depth: number };

/** The rules directly inside a rule, with the path to each. */
export function childrenOf(rule: unknown): { rule: unknown; path: string[] }[] {
  if (!isObject(rule)) return [];
  const lists = (['all', 'any'] as const).flatMap((name) => {
    const list = rule[name];
    // More than can be allowed need not be looked at: one too many already refuses.
    return Array.isArray(list)
      ? list.slice(0, MAX_CONDITIONS + 1).map((child, index) => ({ rule: child, path: [name, String(index)] }))
      : [];
  });
  const other = isObject(rule.relationship) && rule.relationship.other;
  return [
    ...lists,
    ...(rule.not == null ? [] : [{ rule: rule.not, path: ['not'] }]),
    ...(other == null || other === false ? [] : [{ rule: other, path: ['relationship', 'other'] }]),
  ];
}

/** What is wrong with the size of a rule; null where nothing is. */
export function shapeFault(rule: unknown): ShapeFault | null {
  const open: Place[] = [{ value: rule, path: [], depth: 1 }];
  let nodes = 0;
  let conditions = 0;
  for (let place = open.pop(); place; place = open.pop()) {
    const { value, path, depth } = place;
    if (depth > MAX_DEPTH) return { code: 'RULE_TOO_DEEP', message: `A rule is at most ${MAX_DEPTH} levels deep.`, path };
    if (isObject(value) && Object.keys(value).some((name) => value[name] != null && !GROUPS.has(name))) conditions++;
    if (conditions > MAX_CONDITIONS || ++nodes > MAX_CONDITIONS * MAX_DEPTH)
      return { code: 'RULE_TOO_LARGE', message: `A rule has at most ${MAX_CONDITIONS} conditions.`, path };
    for (const child of childrenOf(value).reverse()) open.push({ value: child.rule, path: [...path, ...child.path], depth: depth + 1 });
  }
  return null;
}

const GROUPS = new Set(['all', 'any', 'not']);

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
