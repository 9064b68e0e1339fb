// Serves the backend tests of ONNX over the wire and writes docs/conformance.md:
// `node scripts/node.mjs scripts/conformance.ts FOLDER`, with FOLDER holding `<kind>/<case>/{model.onnx, golden.json}`.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { readCases } from '../test/conformance/wire/cases.ts';
import { runCases } from '../test/conformance/wire/run.ts';
import { conformanceReport } from './conformance/report.ts';

// Telemetry writes files into the home folder.
process.env.ORT_DISABLE_TELEMETRY = '1';

const [folder, limit] = process.argv.slice(2);
if (folder === undefined) throw new Error('Usage: conformance.ts FOLDER [MOST CASES]');
const cases = readCases(folder).slice(0, limit === undefined ? undefined : Number(limit));
const results = await runCases(cases, (text) => process.stderr.write(`${text}\n`));
const require = createRequire(import.meta.url);
const { version } = JSON.parse(readFileSync(require.resolve('onnxruntime-node/package.json'), 'utf8')) as {
  version: string;
};
const report = conformanceReport(results, {
  runtime: version,
  date: new Date().toISOString().slice(0, 10),
});
process.stdout.write(report);
if (limit === undefined) writeFileSync(join(import.meta.dirname, '../docs/conformance.md'), report);
