// Texts from templates.
import { complaintTexts } from './complaint-texts.ts';
import type { Template } from './phrases.ts';
import type { Random } from './random.ts';
import { retailTexts } from './retail-texts.ts';
import { tradeTexts } from './trade-texts.ts';

const texts = { ...retailTexts, ...complaintTexts, ...tradeTexts };

export type Occasion = keyof typeof texts;

/** Subject and body of an occasion; `variant` says which where there are several, any unless told. */
export function templatesFor(random: Random, occasion: Occasion, variant?: number): Template {
  const known: Template | readonly Template[] = texts[occasion];
  if (typeof known[0] === 'string') return known as Template;
  return variant === undefined ? random.pick(known as readonly Template[]) : (known as readonly Template[])[variant]!;
}

/** One text made from a template. Throws for a value that the template names and nobody gave. */
export function write(random: Random, template: string, values: Record<string, string | number> = {}): string {
  let text = template;
  while (text.includes('{')) text = text.replace(/\{([^{}]*)\}/g, (_all, options: string) => random.pick(options.split('|')));
  text = text.replace(/@([a-z]+)/gi, (_all, name: string) => {
    if (values[name] === undefined) throw new Error(`no value for @${name} in "${template}"`);
    return String(values[name]);
  });
  return text
    .replace(/\s+([.,?!])/g, '$1')
    .replace(/ {2,}/g, ' ')
    .trim();
}
