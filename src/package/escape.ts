import { textProblem } from '../core/names.ts';

/** The languages a template can write a value in. `plain` escapes nothing and lets only harmless values pass. */
export const languages = ['plain', 'dockerfile', 'json', 'markdown', 'shell'] as const;
export type Language = (typeof languages)[number];

export function isLanguage(text: string): text is Language {
  return (languages as readonly string[]).includes(text);
}

/**
 * One value as one word of a language. Control characters, line separators and marks that change the direction of
 * text are refused everywhere: no generated file needs them, and a line break is how one instruction becomes two.
 */
export function escapeFor(
  language: Language,
  value: string | number | readonly string[],
): string | { readonly fault: string } {
  for (const text of Array.isArray(value) ? value : [String(value)]) {
    const fault = textProblem(text, 8192);
    if (fault !== undefined) return { fault };
  }
  return escapes[language](value);
}

const escapes: Record<Language, (value: unknown) => string | { readonly fault: string }> = {
  plain: (value) => {
    const odd = /[^A-Za-z0-9._:/@+-]/.exec(String(value))?.[0];
    return odd === undefined
      ? String(value)
      : { fault: `it has the character "${odd}", which needs an escape` };
  },
  // Inside double quotes the Dockerfile parser gives a meaning to \ " and $ alone (docs.docker.com, "Escape").
  dockerfile: (value) => `"${String(value).replace(/[\\"$]/g, '\\$&')}"`,
  json: (value) => JSON.stringify(value),
  // CommonMark 2.4: any ASCII punctuation may be escaped.
  markdown: (value) => String(value).replace(/[!-/:-@[-`{-~]/g, '\\$&'),
  shell: (value) => `'${String(value).replaceAll("'", `'\\''`)}'`,
};
