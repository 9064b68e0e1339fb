import type { Manifest } from '../manifest/manifest.ts';
import { columnsOf } from '../repository/columns.ts';
import type { Change } from './change.ts';
import type { Side } from './side.ts';
import { type Renamed, tensorChanges } from './tensors.ts';

export interface Contract {
  readonly changes: readonly Change[];
  readonly renamedInputs: Renamed;
  readonly renamedOutputs: Renamed;
}

/**
 * What changed between two models for those who call them.
 * @param isMeasured whether samples went through the steps of both: then the answers tell what changed steps do
 */
export function contractChanges(a: Side, b: Side, isMeasured: boolean): Contract {
  const [before, after] = [a.pipeline.userSignature, b.pipeline.userSignature];
  const inputs = tensorChanges('input', before.inputs, after.inputs);
  const outputs = tensorChanges('output', before.outputs, after.outputs);
  const [from, to] = [a.opened.manifest, b.opened.manifest];
  return {
    changes: [
      ...nameChanges(a, b),
      ...inputs.changes,
      ...columnChanges(a, b),
      ...outputs.changes,
      ...labelChanges(from, to, outputs.renamed),
      ...stepChanges(from, to, isMeasured),
      ...protocolChanges(from.serving.protocols, to.serving.protocols),
      ...bodyChanges(from, to),
    ],
    renamedInputs: inputs.renamed,
    renamedOutputs: outputs.renamed,
  };
}

// The name of a bare file is made from its path and promises nothing.
function nameChanges({ opened: a }: Side, { opened: b }: Side): Change[] {
  if (a.kind === 'file' || b.kind === 'file') return [];
  const name = changeOf('name', 'changed', a.manifest.name, b.manifest.name);
  const version = changeOf('version', 'changed', a.manifest.version, b.manifest.version);
  return [
    ...name.map((change) => ({ ...change, breaking: true, why: 'clients have the name in their URLs' })),
    ...version.map((change) => ({ ...change, why: 'the newest version is served unless another is named' })),
  ];
}

function columnChanges(a: Side, b: Side): Change[] {
  const after = columnsOf(b.opened.manifest, b.pipeline.userSignature.inputs);
  return [...columnsOf(a.opened.manifest, a.pipeline.userSignature.inputs)].flatMap(([name, columns]) =>
    listChange(`columns of "${name}"`, columns, after.get(name), 'tables are read by these names'),
  );
}

function labelChanges(a: Manifest, b: Manifest, renamed: Renamed): Change[] {
  return a.outputs.flatMap(({ name, labels }) => {
    const other = b.outputs.find((output) => output.name === (renamed.get(name) ?? name));
    if (labels === undefined || other === undefined) return [];
    return listChange(`labels of "${name}"`, labels, other.labels, 'the same index has another meaning');
  });
}

function listChange(
  subject: string,
  before: readonly string[],
  after: readonly string[] | undefined,
  why: string,
): Change[] {
  if (after === undefined)
    return changeOf(subject, 'removed', `${before.length}`, 'none').map((change) => ({
      ...change,
      breaking: true,
      why: 'clients read these names',
    }));
  const at = before.findIndex((text, index) => after[index] !== text);
  if (at < 0 && after.length === before.length) return [];
  const index = at < 0 ? before.length : at;
  const show = (list: readonly string[]) => `[${index}] ${JSON.stringify(list[index] ?? null)}`;
  return [{ subject, change: 'changed', breaking: true, before: show(before), after: show(after), why }];
}

function stepChanges(a: Manifest, b: Manifest, isMeasured: boolean): Change[] {
  return (['preprocess', 'postprocess'] as const).flatMap((stage) => {
    const [before, after] = [a, b].map((manifest) => JSON.stringify(manifest[stage].map(stepText)));
    return changeOf(stage, 'steps', before!, after!).map((change) => ({
      ...change,
      breaking: !isMeasured,
      why: isMeasured
        ? 'what they do to the values is in the answers below'
        : 'no sample went through both: what they do to the values was not measured',
    }));
  });
}

function stepText({ name, options }: Manifest['preprocess'][number]): unknown {
  return options === null ? name : { [name]: options };
}

function protocolChanges(before: readonly string[], after: readonly string[]): Change[] {
  const changes = before
    .filter((protocol) => !after.includes(protocol))
    .map((protocol) => entry(protocol, 'removed', true, 'clients that speak it get 404'));
  for (const protocol of after)
    if (!before.includes(protocol)) changes.push(entry(protocol, 'added', false, 'nobody has to speak it'));
  const common = before.filter((protocol) => after.includes(protocol)).join(', ');
  const order = after.filter((protocol) => before.includes(protocol)).join(', ');
  if (common === order) return changes;
  const why = 'where two have a path, the one listed first answers';
  return [
    ...changes,
    { subject: 'protocols', change: 'order', breaking: true, before: common, after: order, why },
  ];
}

function entry(protocol: string, change: 'added' | 'removed', breaking: boolean, why: string): Change {
  const [before, after] = change === 'added' ? [null, protocol] : [protocol, null];
  return { subject: `protocol ${protocol}`, change, breaking, before, after, why };
}

function bodyChanges({ serving: a }: Manifest, { serving: b }: Manifest): Change[] {
  const isSmaller = b.max_body_bytes < a.max_body_bytes;
  const [before, after] = [String(a.max_body_bytes), String(b.max_body_bytes)];
  return changeOf('serving.max_body_size', isSmaller ? 'smaller' : 'larger', before, after).map((change) => ({
    ...change,
    breaking: isSmaller,
    why: isSmaller ? 'requests that were taken are refused' : 'every request that was taken still is',
  }));
}

function changeOf(subject: string, change: string, before: string, after: string): Change[] {
  return before === after ? [] : [{ subject, change, breaking: false, before, after, why: '' }];
}
