import { join, resolve } from 'node:path';
import { asMdeployError } from '../core/errors/error.ts';
import { sha256File } from '../core/hash.ts';
import type { Datatype, Dim } from '../core/tensor.ts';
import { checkExternalData } from '../onnx/external-data.ts';
import { needsLocale } from '../onnx/locale.ts';
import type { OnnxModel, OnnxValue } from '../onnx/model.ts';
import { readModel } from '../onnx/read-model.ts';
import { signatureOf, zipMapShape } from '../onnx/signature.ts';
import { checkVersions, oldOpsets } from '../onnx/versions.ts';
import { type ConversionProof, readConversion, staleProof } from '../repository/conversion.ts';
import { locateModel } from '../repository/locate-model.ts';
import { openModel } from '../repository/open-model.ts';

/** What `mdeploy inspect --json` prints, beside `schema_version`. */
export interface Inspection {
  readonly kind: 'file' | 'folder' | 'package';
  /** Absolute. */
  readonly path: string;
  /** From the manifest; absent for a bare file. */
  readonly name?: string;
  readonly version?: string;
  readonly model: ModelReport;
  /** Of a model that mdeploy has converted: where it comes from. */
  readonly conversion?: ConversionReport;
  /** What would keep the model from being served, with its remedy. */
  readonly findings: readonly Finding[];
}

export interface ModelReport {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly ir_version: number;
  readonly opsets: OnnxModel['opsets'];
  /** Those older than the runtime promises: some of their operators may have no kernel. */
  readonly old_opsets: OnnxModel['opsets'];
  readonly producer: OnnxModel['producer'];
  readonly graph: string;
  readonly description: string;
  readonly inputs: readonly ValueReport[];
  readonly outputs: readonly ValueReport[];
  readonly parameters: number;
  readonly nodes: number;
  readonly functions: number;
  readonly operators: OnnxModel['operators'];
  readonly metadata: Readonly<Record<string, string>>;
  readonly external_data: readonly ExternalFile[];
  readonly custom_domains: readonly string[];
  /** Outputs that ONNX types as maps; they are served as the matrix behind them. */
  readonly zipmap_outputs: readonly string[];
  /** Locales the machine must have, e.g. `en_US`; text models only. */
  readonly locales: readonly string[];
}

export interface ConversionReport {
  readonly source: ConversionProof['source'];
  readonly tools: ConversionProof['tools'];
  /** Largest absolute difference between original and conversion, over all samples and outputs. */
  readonly max_abs: number;
  readonly samples: number;
  /** Whether the model is still the one that was proven. */
  readonly holds: boolean;
}

export interface ValueReport {
  readonly name: string;
  /** ONNX's own words. */
  readonly type: string;
  /** Absent where no protocol can carry it. */
  readonly datatype?: Datatype;
  readonly shape: readonly Dim[] | null;
}

export interface ExternalFile {
  readonly location: string;
  readonly tensors: number;
}

export interface Finding {
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
}

/**
 * Looks into a model file, a folder with model.yaml or a package, without loading the model into the runtime.
 * A bare file that could not be served is still shown, with what stands in the way; a folder and a package must open.
 * @throws MdeployError `MODEL_PATH_MISSING`, `MODEL_FOLDER_AMBIGUOUS`, `FILE_UNREADABLE`, every fault of a file that
 * is no sound ONNX model, and every fault of the manifest
 */
export async function inspect(target: string): Promise<Inspection> {
  const place = await locateModel(target);
  const path = resolve(target);
  if (place.kind === 'file') {
    const modelPath = join(place.root, place.modelFile);
    return { kind: 'file', path, ...(await reportOf(await readModel(modelPath), modelPath)) };
  }
  const { kind, manifest, onnx, modelPath, root } = await openModel(target);
  const { name, version } = manifest;
  const { model, findings } = await reportOf(onnx, modelPath);
  const converted = await conversionOf(root, modelPath);
  return {
    kind,
    path,
    name,
    version,
    model,
    ...converted.report,
    findings: [...findings, ...converted.findings],
  };
}

async function reportOf(onnx: OnnxModel, modelPath: string): Promise<Pick<Inspection, 'model' | 'findings'>> {
  return {
    model: {
      path: modelPath,
      bytes: onnx.fileBytes,
      sha256: await sha256File(modelPath),
      ir_version: onnx.irVersion,
      opsets: onnx.opsets,
      old_opsets: oldOpsets(onnx),
      producer: onnx.producer,
      graph: onnx.graphName,
      description: onnx.docString,
      inputs: onnx.inputs,
      outputs: outputsOf(onnx),
      parameters: onnx.parameterCount,
      nodes: onnx.nodeCount,
      functions: onnx.functionCount,
      operators: onnx.operators,
      metadata: Object.fromEntries(onnx.metadata),
      external_data: externalFiles(onnx),
      custom_domains: onnx.customDomains,
      zipmap_outputs: onnx.zipMaps.map(({ output }) => output),
      locales: needsLocale(onnx) ? onnx.locales : [],
    },
    findings: await findingsOf(onnx, modelPath),
  };
}

async function conversionOf(
  root: string,
  modelPath: string,
): Promise<{ report?: { conversion: ConversionReport }; findings: readonly Finding[] }> {
  try {
    const proof = await readConversion(root);
    if (proof === undefined) return { findings: [] };
    const stale = await staleProof(root, modelPath, proof);
    const { source, tools, parity } = proof;
    const conversion = {
      source,
      tools,
      max_abs: Math.max(0, ...parity.outputs.map((output) => output.max_abs)),
      samples: new Set(parity.outputs.map((output) => output.sample)).size,
      holds: stale === undefined,
    };
    return { report: { conversion }, findings: stale ? [findingOf(stale)] : [] };
  } catch (error) {
    return { findings: [findingOf(error)] };
  }
}

function findingOf(error: unknown): Finding {
  const { code, message, remedy } = asMdeployError(error);
  return { code, message, remedy };
}

function outputsOf(onnx: OnnxModel): readonly OnnxValue[] {
  const zipMaps = new Map(onnx.zipMaps.map((zipMap) => [zipMap.output, zipMap]));
  return onnx.outputs.map((output) => {
    const zipMap = zipMaps.get(output.name);
    return zipMap ? { ...output, datatype: 'FP32', shape: zipMapShape(onnx, zipMap) } : output;
  });
}

function externalFiles(onnx: OnnxModel): ExternalFile[] {
  const tensors = new Map<string, number>();
  for (const { location } of onnx.externalData) tensors.set(location, (tensors.get(location) ?? 0) + 1);
  return [...tensors].map(([location, count]) => ({ location, tensors: count }));
}

async function findingsOf(onnx: OnnxModel, modelPath: string): Promise<Finding[]> {
  const findings: Finding[] = [];
  const checks = [
    () => checkVersions(onnx),
    () => signatureOf(onnx),
    () => checkExternalData(onnx, modelPath),
  ];
  for (const check of checks)
    try {
      await check();
    } catch (error) {
      findings.push(findingOf(error));
    }
  return findings;
}
