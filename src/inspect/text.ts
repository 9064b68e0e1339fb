import { printable } from '../core/errors/error.ts';
import { showSpec } from '../core/tensor.ts';
import { showSize } from '../core/units.ts';
import type { Inspection, ModelReport, ValueReport } from './inspect.ts';

/** The report as a table for people. Everything that comes from the file is made safe for a terminal. */
export function inspectionText(report: Inspection, verbose = false): string {
  const { model, findings } = report;
  const short = verbose ? (text: string): string => text : firstWords;
  const rows: [label: string, lines: readonly string[]][] = [
    [report.kind, [report.path === model.path ? '' : report.path]],
    ['name', report.name === undefined ? [] : [`${report.name}, version ${report.version}`]],
    ['model', [`${model.path} (${showSize(model.bytes)})`]],
    ['sha256', [model.sha256]],
    ['producer', [short(`${model.producer.name} ${model.producer.version}`)]],
    ['description', [short(model.description)]],
    ['IR version', [String(model.ir_version)]],
    ['opsets', [model.opsets.map(({ domain, version }) => `${domain} ${version}`).join(', ')]],
    ['', model.old_opsets.map(({ domain, version }) => `${domain} ${version} is old: ${oldMeans}`)],
    ['inputs', valueLines(model.inputs)],
    ['outputs', valueLines(model.outputs)],
    ['parameters', [grouped(model.parameters)]],
    ['nodes', [nodesLine(model)]],
    ['operators', verbose ? operatorNames(model) : [firstOperators(model, 12)]],
    ['metadata', Object.entries(model.metadata).map(([key, value]) => `${key}: ${short(value)}`)],
    [
      'external',
      model.external_data.map(({ location, tensors }) => `${location} (${counted(tensors, 'tensor')})`),
    ],
    ['custom ops', [model.custom_domains.join(', ')]],
    ['locales', [model.locales.map((locale) => `${locale}.UTF-8`).join(', ')]],
    ['converted', conversionLines(report)],
    ['findings', findings.flatMap(({ code, message, remedy }) => [`${code}: ${message}`, `  ${remedy}`])],
  ];
  return rows.flatMap(([label, lines]) => rowLines(label, lines)).join('\n');
}

function conversionLines({ conversion }: Inspection): string[] {
  if (conversion === undefined) return [];
  const { source, tools, max_abs, samples, holds } = conversion;
  const { mdeploy = '', 'onnxruntime-node': _, ...others } = tools;
  const made = Object.entries(others).map((pair) => pair.join(' '));
  return [
    `from ${source.name}, ${source.what}`,
    `by mdeploy ${mdeploy} with ${made.join(', ')}`,
    holds
      ? `${counted(samples, 'sample')} proven, largest difference ${max_abs.toExponential(1)}`
      : 'the model was changed after it',
  ];
}

const oldMeans = 'some of its operators may not run; loading the model tells';

function rowLines(label: string, lines: readonly string[]): string[] {
  const filled = lines.filter((line) => line !== '');
  return filled.map((line, index) => `${(index === 0 ? label : '').padEnd(12)} ${printable(line)}`);
}

function valueLines(values: readonly ValueReport[]): string[] {
  const width = values.reduce((most, { name }) => Math.min(40, Math.max(most, name.length)), 0);
  return values.map(({ name, datatype, type, shape }) => {
    const shown = datatype === undefined ? type : showSpec({ datatype, shape });
    const origin = datatype !== undefined && !type.startsWith('tensor(') ? `  (from ${type})` : '';
    return `${name.padEnd(width)}  ${shown}${origin}`;
  });
}

/** Exporters put whole build logs into names and metadata. */
function firstWords(text: string): string {
  const line = text.trim().split('\n', 1)[0] ?? '';
  const cut = line.slice(0, 100);
  return cut === text.trim() ? cut : `${cut}…`;
}

function nodesLine({ nodes, functions }: ModelReport): string {
  return functions === 0 ? grouped(nodes) : `${grouped(nodes)}, ${counted(functions, 'function')}`;
}

function operatorNames({ operators }: ModelReport): string[] {
  return operators.map(({ domain, name, count }) => {
    const full = domain === 'ai.onnx' ? name : `${domain}.${name}`;
    return count === 1 ? full : `${full} × ${grouped(count)}`;
  });
}

function firstOperators(model: ModelReport, limit: number): string {
  const names = operatorNames(model);
  const rest = names.length - limit;
  return [...names.slice(0, limit), ...(rest > 0 ? [`${rest} more`] : [])].join(', ');
}

function counted(count: number, noun: string): string {
  return `${grouped(count)} ${noun}${count === 1 ? '' : 's'}`;
}

function grouped(count: number): string {
  return count.toLocaleString('en-US');
}
