import { encodeRequest } from '../../serve/grpc-send.ts';
import {
  type ErrorText,
  framed,
  type GrpcEntry,
  type RestEntry,
  request,
  type ServerName,
} from './entries.ts';

/** What a server that lets clients change what is served refuses of them. */
export function changeFaults(): RestEntry[] {
  return places.flatMap(([server, text, list]) =>
    list.map(([status, line, body = '']): RestEntry => {
      const [method = '', path = ''] = line.split(' ');
      const headers = body === '' ? {} : { 'Content-Type': 'application/json' };
      const name = body === '' ? line.slice(0, 80) : `${line}, ${body.slice(0, 60)}`;
      const bytes = () => request(path, body, { method, headers });
      return { group: 'changes', name, server, bytes, status, text };
    }),
  );
}

/** The same over gRPC. */
export function grpcChangeFaults(): GrpcEntry[] {
  return calls.map(([code, method, message]) => ({
    group: 'changes over gRPC',
    name: `${method} ${JSON.stringify(message)}`.slice(0, 160),
    server: 'types',
    path: `/${method}`,
    frame: () => framed(encodeRequest(method, message)),
    code,
  }));
}

const places: readonly (readonly [
  ServerName,
  ErrorText,
  readonly (readonly [status: number, line: string, body?: string])[],
])[] = [
  [
    'types',
    'message',
    [
      [400, 'POST /models'],
      [400, 'POST /models?url='],
      [400, 'POST /models?url=../../etc'],
      [400, 'POST /models?url=/etc/passwd'],
      [400, 'POST /models?url=..%2f..%2fetc'],
      [400, 'POST /models?url=int64/../../x'],
      [400, 'POST /models?url=nothing'],
      [400, 'POST /models?url=%00'],
      [400, `POST /models?url=${'a'.repeat(5000)}`],
      [409, 'POST /models?url=int64'],
      [400, 'POST /models?url=int64&model_name=a/b'],
      [400, 'POST /models?url=int64&model_name=..'],
      [400, 'POST /models?url=int64&nothing=1'],
      [400, 'POST /models?url=int64&batch_size=x'],
      [400, 'POST /models?url=int64&initial_workers=1.5'],
      [400, 'POST /models?url=int64&synchronous=perhaps'],
      [400, 'POST /models', '{"url"'],
      [400, 'POST /models', '["int64"]'],
      [400, 'POST /models', '{"url":1}'],
      [400, 'POST /models', '{"url":null}'],
      [400, 'POST /models', '{"url":{"a":1}}'],
      [400, 'POST /models', `{"url":${'['.repeat(100_000)}`],
      [404, 'PUT /models/nope'],
      [404, 'PUT /models/int64/9'],
      [400, 'PUT /models/int64?min_worker=x'],
      [400, 'PUT /models/int64?min_worker=1&max_worker=0'],
      [400, 'PUT /models/int64?nothing=1'],
      [404, 'PUT /models/int64/9/set-default'],
      [404, 'PUT /models/nope/1/set-default'],
      [404, 'DELETE /models/nope'],
      [404, 'DELETE /models/int64/9'],
      [404, 'DELETE /models/constructor'],
      [400, 'PUT /models/int64?min_worker=-1'],
      [400, 'POST /models?url=int64&initial_workers=-1'],
      [400, 'PUT /models/int64?number_gpu=-1'],
    ],
  ],
  [
    'types',
    'error',
    [
      [404, 'POST /v2/repository/models/nope/load'],
      [404, 'POST /v2/repository/models/nope/unload'],
      [404, 'POST /v2/repository/models/..%2fint64/load'],
      [400, 'POST /v2/repository/models/int64/load', '{'],
      [400, 'POST /v2/repository/models/int64/load', '[]'],
      [400, 'POST /v2/repository/models/int64/load', '{"config":{}}'],
      [400, 'POST /v2/repository/models/int64/load', '{"parameters":[]}'],
      [400, 'POST /v2/repository/models/int64/unload', '{"parameters":1}'],
      [400, 'POST /v2/repository/index', '{"ready":'],
      [400, 'POST /v2/repository/index', '{"ready":1}'],
      [400, 'POST /v2/repository/index', '[]'],
    ],
  ],
  [
    'others',
    'error',
    [
      [400, 'POST /models'],
      [400, 'POST /models', '{'],
      [400, 'POST /models', '{}'],
      [400, 'POST /models', '[]'],
      [400, 'POST /models', '{"model_name":"a"}'],
      [400, 'POST /models', '{"model_name":"","url":"x"}'],
      [400, 'POST /models', '{"model_name":1,"url":"x"}'],
      [400, 'POST /models', '{"model_name":"../a","url":"x"}'],
      [400, 'POST /models', '{"model_name":"a","url":"../../etc"}'],
      [400, 'POST /models', '{"model_name":"a","url":"/etc/passwd"}'],
      [400, 'POST /models', '{"model_name":"a","url":"nothing"}'],
      [400, 'POST /models', '{"model_name":"a","url":"\\u0000"}'],
      [404, 'DELETE /models/nope'],
      [404, 'GET /models/nope'],
    ],
  ],
];

const management = 'org.pytorch.serve.grpc.management.ManagementAPIsService';
const v2 = 'inference.GRPCInferenceService';
const reload = 'tensorflow.serving.ModelService/HandleReloadConfigRequest';
const reloadOf = (config: object) => ({ config: { modelConfigList: { config: [config] } } });

const calls: readonly (readonly [code: string, method: string, message: object])[] = [
  ['INVALID_ARGUMENT', `${management}/RegisterModel`, {}],
  ['INVALID_ARGUMENT', `${management}/RegisterModel`, { url: '../../etc' }],
  ['INVALID_ARGUMENT', `${management}/RegisterModel`, { url: '/etc/passwd' }],
  ['INVALID_ARGUMENT', `${management}/RegisterModel`, { url: 'nothing' }],
  ['ALREADY_EXISTS', `${management}/RegisterModel`, { url: 'int64' }],
  ['NOT_FOUND', `${management}/ScaleWorker`, { modelName: 'nope' }],
  ['NOT_FOUND', `${management}/UnregisterModel`, { modelName: 'nope' }],
  ['NOT_FOUND', `${management}/SetDefault`, { modelName: 'int64', modelVersion: '9' }],
  ['NOT_FOUND', `${management}/DescribeModel`, { modelName: 'nope' }],
  ['NOT_FOUND', `${v2}/RepositoryModelLoad`, { modelName: 'nope' }],
  ['NOT_FOUND', `${v2}/RepositoryModelUnload`, { modelName: 'nope' }],
  ['INVALID_ARGUMENT', reload, {}],
  ['INVALID_ARGUMENT', reload, reloadOf({})],
  ['INVALID_ARGUMENT', reload, reloadOf({ name: 'int64' })],
  ['INVALID_ARGUMENT', reload, reloadOf({ name: 'int64', basePath: '../../etc' })],
  ['INVALID_ARGUMENT', reload, reloadOf({ name: 'int64', basePath: '/etc' })],
];
