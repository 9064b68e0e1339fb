import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { commandLine } from './sections/command-line.ts';
import { http } from './sections/http.ts';
import { image } from './sections/image.ts';
import { memory } from './sections/memory.ts';

/**
 * Measures mdeploy beside its yardsticks on this machine, interleaved, medians, and adds the tables to
 * bench/RESULTS.md. Needs a build (`npm run build`), Debian's `wrk`, and a Docker engine for `--only image`.
 */
const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    seconds: { type: 'string', default: '6' },
    repeats: { type: 'string', default: '3' },
    dry: { type: 'boolean', default: false },
  },
});

const root = join(import.meta.dirname, '..');
const sections = { 'command-line': commandLine, http, image, memory };
const options = { root, seconds: Number(values.seconds), repeats: Number(values.repeats) };
const parts: string[] = [];
for (const [name, measure] of Object.entries(sections)) {
  if (values.only === undefined || values.only.split(',').includes(name)) parts.push(await measure(options));
}
const command = ['npm run bench --', ...process.argv.slice(2)].join(' ').replace(/ --$/, '');
const report = `\n## ${new Date().toISOString().slice(0, 10)}: \`${command}\`\n\n${machine()}\n\n${parts.join('\n\n')}\n`;
process.stdout.write(report);
if (!values.dry) {
  const file = join(import.meta.dirname, 'RESULTS.md');
  if (!existsSync(file)) writeFileSync(file, '# Measured\n');
  appendFileSync(file, report);
}

function machine(): string {
  const [cpu] = cpus();
  const kernel = readFileSync('/proc/sys/kernel/osrelease', 'utf8').trim();
  return `${cpus().length} × ${cpu?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${kernel}, Node ${process.version}. Load generator on the same cores.`;
}
