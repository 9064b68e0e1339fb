import { failure } from '../core/errors/error.ts';
import { type Datatype, datatypes, type TensorSpec } from '../core/tensor.ts';
import { parseLoose } from './loose-json.ts';

export interface Server {
  /** The inputs of the model, from TF Serving's metadata route. Empty where the server tells none. */
  inputs(): Promise<readonly TensorSpec[]>;
  /** Sends one JSON document and gives the answer back as it came. @throws MdeployError `SERVER_REFUSED` */
  predict(body: string): Promise<string>;
}

export interface ServerOptions {
  readonly url: string;
  /** Absent: the server's only model, through `/predict`. */
  readonly model?: string;
  readonly timeoutMs: number;
}

/**
 * A running server: mdeploy's own, or anything that speaks TF Serving's REST API when `model` is given.
 * @throws (its methods) MdeployError `SERVER_UNREACHABLE`, `SERVER_REFUSED`, `SERVER_FOREIGN`
 */
export function server({ url, model, timeoutMs }: ServerOptions): Server {
  const base = url.replace(/\/+$/, '');
  const ask = (path: string, init: RequestInit = {}) =>
    request(`${base}${path}`, { ...init, signal: AbortSignal.timeout(timeoutMs) });
  return {
    inputs: async () => {
      const name = model ?? onlyModel(await ask('/openapi.json'));
      return name === undefined ? [] : inputsOf(await ask(`/v1/models/${encodeURIComponent(name)}/metadata`));
    },
    predict: async (body) => {
      const path = model === undefined ? '/predict' : `/v1/models/${encodeURIComponent(model)}:predict`;
      const answer = await ask(path, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      });
      if (!answer.ok) throw refused(answer);
      if (parsed(answer.text) === undefined) throw foreign(answer, 'its answer is not JSON');
      return answer.text;
    },
  };
}

interface Answer {
  readonly url: string;
  readonly ok: boolean;
  readonly status: number;
  readonly text: string;
}

async function request(url: string, init: RequestInit): Promise<Answer> {
  try {
    const response = await fetch(url, init);
    return { url, ok: response.ok, status: response.status, text: await response.text() };
  } catch (error) {
    throw failure('SERVER_UNREACHABLE', { url, reason: reasonOf(error) }, { received: url, cause: error });
  }
}

// fetch says only "fetch failed"; what went wrong is in its cause.
function reasonOf(error: unknown): string {
  const cause = (error as { cause?: NodeJS.ErrnoException }).cause;
  const known = new Map([
    ['ECONNREFUSED', 'nothing listens there'],
    ['ENOTFOUND', 'the host is not known'],
    ['EAI_AGAIN', 'the host name cannot be looked up now'],
    ['ECONNRESET', 'the connection was cut'],
    ['UND_ERR_SOCKET', 'the connection was cut'],
  ]).get(cause?.code ?? '');
  if (known) return known;
  if (error instanceof DOMException && error.name === 'TimeoutError') return 'it did not answer in time';
  return cause?.message ?? (error instanceof Error ? error.message : String(error));
}

/** The error as its dialect writes it: `{"error": "text"}` (TF Serving) or `{"error": {code, message, fix, …}}`. */
function refused(answer: Answer) {
  const { error } = (parsed(answer.text) ?? {}) as { error?: unknown };
  if (error === undefined) return foreign(answer, `it answered ${answer.status} without an error document`);
  const fault = (typeof error === 'string' ? { message: error } : error) as Readonly<Record<string, unknown>>;
  const text = (key: string) => (typeof fault[key] === 'string' ? { [key]: fault[key] } : {});
  const remedy = typeof fault.fix === 'string' ? fault.fix : 'Change the request as the answer says.';
  return failure(
    'SERVER_REFUSED',
    { status: answer.status, reason: String(fault.message ?? JSON.stringify(fault)), remedy },
    { ...text('field'), ...text('expected'), ...text('received') },
  );
}

function foreign(answer: Answer, reason: string) {
  return failure('SERVER_FOREIGN', { url: answer.url, reason }, { received: answer.text.slice(0, 80) });
}

function onlyModel(answer: Answer): string | undefined {
  const { paths = {} } = (parsed(answer.text) ?? {}) as { paths?: object };
  const names = Object.keys(paths).flatMap(
    (path) => /^\/v1\/models\/([^/:{}]+):predict$/.exec(path)?.[1] ?? [],
  );
  return new Set(names).size === 1 ? names[0] : undefined;
}

interface SignatureDef {
  readonly inputs?: Readonly<Record<string, { dtype?: string; tensor_shape?: TensorShape }>>;
}
interface TensorShape {
  readonly unknown_rank?: boolean;
  readonly dim?: readonly { readonly size?: string; readonly name?: string }[];
}

function inputsOf(answer: Answer): TensorSpec[] {
  const document = parsed(answer.text) as {
    metadata?: { signature_def?: { signature_def?: Record<string, SignatureDef> } };
  };
  const inputs = document?.metadata?.signature_def?.signature_def?.serving_default?.inputs ?? {};
  return Object.entries(inputs).map(([name, { dtype = '', tensor_shape: shape }]) => ({
    name,
    datatype: datatypeOf(dtype),
    shape:
      !shape || shape.unknown_rank
        ? null
        : (shape.dim ?? []).map(({ size }) => (Number(size) >= 0 ? Number(size) : '')),
  }));
}

function datatypeOf(dtype: string): Datatype {
  const plain = dtype.replace('DT_', '');
  const special = new Map<string, Datatype>([
    ['FLOAT', 'FP32'],
    ['DOUBLE', 'FP64'],
    ['HALF', 'FP16'],
    ['STRING', 'BYTES'],
  ]);
  return special.get(plain) ?? datatypes.find((name) => name === plain) ?? 'BYTES';
}

function parsed(text: string): unknown {
  try {
    return parseLoose(text);
  } catch {
    return undefined;
  }
}
