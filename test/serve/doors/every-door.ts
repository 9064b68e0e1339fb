import { status as codes, type ServiceError } from '@grpc/grpc-js';
import { onTestFinished } from 'vitest';
import type { Tensor } from '../../../src/core/tensor.ts';
import { openHttpDoor } from '../../../src/serve/doors/http.ts';
import { Router } from '../../../src/serve/doors/router.ts';
import { openGrpc } from '../../../src/serve/open-grpc.ts';
import { kserve } from '../../../src/serve/protocols/kserve.ts';
import { mlflow } from '../../../src/serve/protocols/mlflow.ts';
import { plain } from '../../../src/serve/protocols/plain.ts';
import { sagemakerFor } from '../../../src/serve/protocols/sagemaker.ts';
import { tfs } from '../../../src/serve/protocols/tfs.ts';
import { torchserve } from '../../../src/serve/protocols/torchserve.ts';
import { v2 } from '../../../src/serve/protocols/v2.ts';
import { vertexFor } from '../../../src/serve/protocols/vertex.ts';
import { GrpcClient } from '../grpc-client.ts';
import { exactJson, rowsBody, value } from '../protocols/by-name.ts';
import { dataLike, grpcCallers, torchserveCaller } from '../protocols/grpc-callers.ts';
import { binaryMessage, jsonMessage, readReply, type V2Message } from '../protocols/v2-client.ts';
import { type DoorOptions, openDoor } from './opened.ts';

export interface Answer {
  /** `200`, or the name of a gRPC code. */
  readonly status: number | string;
  /** What was said of a refusal. */
  readonly text?: string;
  /** The values of `y`. */
  readonly data?: Tensor['data'];
}

/** One way to ask the model `echo`. */
export interface Asker {
  readonly name: string;
  readonly isGrpc: boolean;
  /** Whether a request says which model it means. */
  readonly namesModel: boolean;
  ask(tensor: Tensor, model?: string): Promise<Answer>;
}

/** One house with every dialect there is: a REST door, another for the two that share paths, and a gRPC door. */
export async function openEverything(options: DoorOptions) {
  const protocols = [plain, tfs, v2, torchserve, sagemakerFor({}), vertexFor({})];
  const opened = await openDoor({ ...options, protocols });
  const at = { host: '127.0.0.1', port: 0 };
  const second = await openHttpDoor(opened.house, new Router([kserve, mlflow], kserve), at);
  const grpc = await openGrpc(opened.house, ['tfs', 'v2', 'torchserve'], at);
  const client = new GrpcClient(`127.0.0.1:${grpc.port}`);
  onTestFinished(async () => {
    client.close();
    await Promise.all([second.close(0), grpc.close(0)]);
  });
  const urls = { first: opened.url, second: `http://127.0.0.1:${second.port}` };
  const askers = [
    ...dialects.map((dialect) => overRest(dialect, urls[dialect.door ?? 'first'])),
    ...[...grpcCallers, torchserveCaller].map((caller) => overGrpc(caller, client)),
  ];
  return { ...opened, askers };
}

interface Dialect {
  readonly name: string;
  readonly door?: 'second';
  /** `MODEL` stands for the name. */
  readonly path: string;
  message(tensor: Tensor): V2Message;
  /** The values of `y` in the parsed reply. */
  values?(reply: never): unknown;
  text(reply: never): string;
}

const json = (body: string): V2Message => ({
  body: Buffer.from(body),
  headers: { 'content-type': 'application/json' },
});
const instances = (tensor: Tensor) => json(`{"instances":${rowsBody([tensor])}}`);
const inputs = (tensor: Tensor) => json(`{"inputs":${value(tensor)}}`);
const predictions = (reply: { predictions: unknown }) => reply.predictions;
const ofError = (reply: { error: string }) => reply.error;
const ofMessage = (reply: { message: string }) => reply.message;

const dialects: readonly Dialect[] = [
  {
    name: 'plain',
    path: '/predict/MODEL',
    message: inputs,
    values: predictions,
    // The remedy stands beside the message.
    text: ({ error }: { error: { message: string; fix: string } }) => `${error.message} ${error.fix}`,
  },
  {
    name: 'tfs, rows',
    path: '/v1/models/MODEL:predict',
    message: instances,
    values: predictions,
    text: ofError,
  },
  {
    name: 'tfs, columns',
    path: '/v1/models/MODEL:predict',
    message: inputs,
    values: (reply: { outputs: unknown }) => reply.outputs,
    text: ofError,
  },
  {
    name: 'v2 JSON',
    path: '/v2/models/MODEL/infer',
    message: (tensor) => jsonMessage([tensor]),
    text: ofError,
  },
  {
    name: 'v2 binary',
    path: '/v2/models/MODEL/infer',
    message: (tensor) => binaryMessage([tensor], { parameters: { binary_data_output: true } }),
    text: ofError,
  },
  {
    name: 'torchserve',
    path: '/predictions/MODEL',
    message: inputs,
    values: (reply: unknown) => reply,
    text: ofMessage,
  },
  { name: 'sagemaker', path: '/invocations', message: instances, values: predictions, text: ofError },
  {
    name: 'sagemaker, by name',
    path: '/models/MODEL/invoke',
    message: instances,
    values: predictions,
    text: ofError,
  },
  {
    name: 'vertex',
    path: '/v1/endpoints/1/deployedModels/2:predict',
    message: instances,
    values: predictions,
    text: ofError,
  },
  {
    name: 'kserve',
    door: 'second',
    path: '/v1/models/MODEL:predict',
    message: instances,
    values: predictions,
    text: ofError,
  },
  {
    name: 'mlflow',
    door: 'second',
    path: '/invocations',
    message: inputs,
    values: (reply: { predictions: { y: unknown } }) => reply.predictions.y,
    text: ofMessage,
  },
];

function overRest({ name, path, message, values, text }: Dialect, url: string): Asker {
  const ask = async (tensor: Tensor, model = 'echo'): Promise<Answer> => {
    const { body, headers } = message(tensor);
    const reply = await fetch(url + path.replace('MODEL', model), { method: 'POST', body, headers });
    const bytes = Buffer.from(await reply.arrayBuffer());
    const { status } = reply;
    if (status !== 200) return { status, text: text(exactJson(bytes.toString()) as never) };
    if (values) return { status, data: dataLike(tensor, values(exactJson(bytes.toString()) as never)) };
    return { status, data: ofV2(tensor, bytes, reply.headers.get('inference-header-content-length')) };
  };
  return { name, isGrpc: false, namesModel: path.includes('MODEL'), ask };
}

function ofV2(tensor: Tensor, bytes: Buffer, length: string | null): Tensor['data'] {
  if (length === null) {
    const { outputs } = exactJson(bytes.toString()) as { outputs: { data: unknown }[] };
    return dataLike(tensor, outputs[0]!.data);
  }
  const headers = { 'inference-header-content-length': length };
  const blob = readReply({ status: 200, headers, body: bytes }).blobs.get('y')!;
  if (tensor.datatype === 'BYTES') return stringsOf(blob);
  const Type = tensor.data.constructor as typeof Float64Array;
  return new Type(new Uint8Array(blob).buffer);
}

function stringsOf(blob: Buffer): string[] {
  const texts: string[] = [];
  for (let at = 0; at < blob.length; at += 4 + blob.readUInt32LE(at))
    texts.push(blob.toString('utf8', at + 4, at + 4 + blob.readUInt32LE(at)));
  return texts;
}

function overGrpc(
  { name, method, request, tensors }: (typeof grpcCallers)[number],
  client: GrpcClient,
): Asker {
  const ask = async (tensor: Tensor, model = 'echo'): Promise<Answer> => {
    try {
      const [output] = tensors(await client.call(method, request(model, [tensor])), [
        { ...tensor, name: 'y' },
      ]);
      return { status: 'OK', data: output!.data };
    } catch (error) {
      const { code, details } = error as ServiceError;
      return { status: codes[code] ?? String(code), text: details };
    }
  };
  return { name: `gRPC, ${name}`, isGrpc: true, namesModel: true, ask };
}
