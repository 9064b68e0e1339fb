import { escapeText } from './escape-text.ts';

/**
 * A page that needs nothing beside it: no script, no font, no request.
 * @param sections of `htmlSection`
 */
export function htmlPage(title: string, facts: readonly string[], sections: readonly string[]): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeText(title)}</title>
<style>${style}</style>
<h1>${escapeText(title)}</h1>
<ul>${facts.map((fact) => `<li>${escapeText(fact)}</li>`).join('')}</ul>
${sections.join('\n')}
</html>
`;
}

/** @param content is HTML already */
export function htmlSection(title: string, content: string): string {
  return `<section><h2>${escapeText(title)}</h2>\n${content}</section>`;
}

/** A table of texts, its head first. */
export function htmlTable([head = [], ...rows]: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[], tag: string) =>
    `<tr>${cells.map((cell) => `<${tag}>${escapeText(cell)}</${tag}>`).join('')}</tr>`;
  return `<div class="wide"><table>${line(head, 'th')}${rows.map((row) => line(row, 'td')).join('')}</table></div>`;
}

const style = `
:root { color-scheme: light dark; --ink: light-dark(#1a1a1a, #e8e8e8); --faint: light-dark(#d0d0d0, #484848);
  --c0: light-dark(#0b62a4, #6cb6ff); --c1: light-dark(#b8480a, #ffa657); --c2: light-dark(#2c7a3f, #7ee787);
  --c3: light-dark(#7d3fa0, #d2a8ff); --c4: light-dark(#8a6100, #e3b341); --c5: light-dark(#a02050, #ff9bce); }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.4rem; overflow-wrap: anywhere; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
ul { padding-left: 1.2rem; } svg { width: 100%; height: auto; } svg text { font: 12px system-ui, sans-serif; fill: var(--ink); }
.wide { overflow-x: auto; } table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .75rem .25rem 0; text-align: right; border-bottom: 1px solid var(--faint); white-space: nowrap; }
th:first-child, td:first-child { text-align: left; }
`;
