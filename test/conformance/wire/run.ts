import { compareTensors } from '../../../src/core/compare.ts';
import { asMdeployError, MdeployError } from '../../../src/core/errors/error.ts';
import type { Tensor } from '../../../src/core/tensor.ts';
import { proveModel } from '../../../src/repository/load-version.ts';
import { openModel } from '../../../src/repository/open-model.ts';
import type { OpenedModel } from '../../../src/repository/opened-model.ts';
import { serve } from '../../../src/serve/serve.ts';
import { GrpcClient } from '../../serve/grpc-client.ts';
import { rawBytes } from '../../serve/protocols/v2-client.ts';
import { type Address, wireCallers } from './callers.ts';
import type { WireCase } from './cases.ts';

/** What became of one case over one protocol; `miss` in words that several cases share. */
export interface WireResult {
  readonly wireCase: WireCase;
  readonly protocol: string;
  readonly miss?: string;
  readonly detail?: string;
}

/**
 * Serves every case that can be loaded from one server, asks each over every protocol, and compares the answers with
 * the recorded outputs and, bit for bit, with the answer over the first protocol.
 */
export async function runCases(
  cases: readonly WireCase[],
  tell: (text: string) => void = () => undefined,
): Promise<readonly WireResult[]> {
  const refused = new Map<WireCase, MdeployError>();
  const models: OpenedModel[] = [];
  const waiting = [...cases.entries()];
  const work = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [index, wireCase] = next;
      if (index % 50 === 0) tell(`loading ${index} of ${cases.length}`);
      const loaded = await prove(wireCase);
      if (loaded instanceof MdeployError) refused.set(wireCase, loaded);
      else models.push(loaded);
    }
  };
  await Promise.all([work(), work(), work()]);
  tell(`serving ${models.length}`);
  const server = await serve(models, {
    host: '127.0.0.1',
    port: 0,
    grpcPort: 0,
    logLevel: 'silent',
    drainDelayMs: 0,
    isProven: true,
  });
  const address = { url: server.url, grpc: new GrpcClient(server.grpc ?? '') };
  try {
    const results: WireResult[] = [];
    for (const wireCase of cases) results.push(...(await runCase(wireCase, refused.get(wireCase), address)));
    return results;
  } finally {
    address.grpc.close();
    await server.stop();
  }
}

// Loaded and run in a throw-away process first, as `mdeploy serve` does.
async function prove({ modelPath, served }: WireCase): Promise<OpenedModel | MdeployError> {
  try {
    const opened = await openModel(modelPath, { name: served });
    await proveModel(opened);
    return opened;
  } catch (error) {
    return asMdeployError(error);
  }
}

async function runCase(
  wireCase: WireCase,
  refused: MdeployError | undefined,
  address: Address,
): Promise<readonly WireResult[]> {
  const results: WireResult[] = [];
  let first: readonly Tensor[] | undefined;
  for (const { name: protocol, call } of wireCallers) {
    const head = { wireCase, protocol };
    if (refused) {
      results.push({ ...head, miss: `not loaded: ${refused.code}`, detail: refused.message });
      continue;
    }
    if (wireCase.foreign !== undefined) {
      results.push({ ...head, miss: `the case has a value of type ${wireCase.foreign}` });
      continue;
    }
    try {
      const outputs = await call(address, wireCase.served, wireCase.inputs);
      first ??= outputs;
      // Some kernels give other last bits from one run to the next; then the first protocol is asked again.
      if (differsInBits(outputs, first))
        first = await wireCallers[0]!.call(address, wireCase.served, wireCase.inputs);
      results.push({ ...head, ...(differs(outputs, wireCase) ?? differsInBits(outputs, first)) });
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      results.push({ ...head, miss: 'refused', detail });
    }
  }
  return results;
}

function differs(outputs: readonly Tensor[], { outputs: expected, tolerance }: WireCase) {
  for (const tensor of expected) {
    const output = outputs.find(({ name }) => name === tensor.name);
    if (!output) return { miss: 'an output is missing', detail: tensor.name };
    const { ok, reason } = compareTensors(output, tensor, tolerance);
    if (!ok) return { miss: 'another answer than recorded', detail: `${tensor.name}: ${reason}` };
  }
  return undefined;
}

function differsInBits(outputs: readonly Tensor[], first: readonly Tensor[]) {
  for (const tensor of first) {
    const output = outputs.find(({ name }) => name === tensor.name);
    if (!output || !rawBytes(oneNaN(output)).equals(rawBytes(oneNaN(tensor))))
      return { miss: 'other bits than over the first protocol', detail: tensor.name };
  }
  return undefined;
}

// JSON knows one NaN; a float has millions.
function oneNaN(tensor: Tensor): Tensor {
  if (tensor.datatype === 'FP32' || tensor.datatype === 'FP64') {
    const data = (tensor.data as Float32Array).map((value) => (Number.isNaN(value) ? Number.NaN : value));
    return { ...tensor, data };
  }
  if (tensor.datatype !== 'FP16') return tensor;
  const isHalfNaN = (bits: number) => (bits & 0x7c00) === 0x7c00 && (bits & 0x3ff) !== 0;
  return { ...tensor, data: (tensor.data as Uint16Array).map((bits) => (isHalfNaN(bits) ? 0x7e00 : bits)) };
}
