import { good } from './dialects.ts';
import { type ErrorText, type RestEntry, request, type ServerName } from './entries.ts';

/** Paths and methods that are not there. */
export function pathFaults(): RestEntry[] {
  return places.flatMap(([server, text, list]) =>
    list.map(([status, name]): RestEntry => {
      const [method = '', path = ''] = name.split(' ');
      const body = method === 'GET' ? '' : `{"instances":${good}}`;
      const bytes = () => request(path, body, { method });
      return { group: 'paths and methods', name, server, bytes, status, text };
    }),
  );
}

type Place = readonly [status: number, line: string];

const places: readonly (readonly [ServerName, ErrorText, readonly Place[]])[] = [
  [
    'all',
    'error.message',
    [
      [404, 'POST /predict/nope'],
      [404, 'POST /predict/__proto__'],
      [404, 'POST /predict/iris/1'],
      [404, 'POST /predicts'],
      [404, 'POST /PREDICT'],
      [404, 'GET /nothing'],
      [404, 'GET /.env'],
      [404, 'GET /%2e%2e/%2e%2e/etc/passwd'],
      [404, 'GET /admin'],
      [405, 'GET /predict'],
      [405, 'PUT /predict'],
      [405, 'DELETE /predict/iris'],
      [405, 'PATCH /predict'],
      [405, 'POST /healthz'],
      [405, 'POST /metrics'],
      [405, 'DELETE /openapi.json'],
    ],
  ],
  [
    'all',
    'error',
    [
      [404, 'POST /v1/models/nope:predict'],
      [404, 'POST /v1/models/iris/versions/9:predict'],
      [400, 'POST /v1/models/iris/versions/99999999999999999999:predict'],
      [404, 'POST /v1/models/iris/versions/-1:predict'],
      [400, 'POST /v1/models/iris/labels/nope:predict'],
      [404, 'POST /v1/models/constructor:predict'],
      [404, 'POST /v1/models/nope:classify'],
      [404, 'POST /v1/models/nope:regress'],
      [404, 'GET /v1/models/nope'],
      [404, 'GET /v1/models/nope/metadata'],
      [404, 'GET /v1/models/iris/versions/9'],
      [400, 'POST /v1/models/iris'],
      [400, 'POST /v1/models/iris:explain'],
      [400, 'POST /v1/models/:predict'],
      [400, 'POST /v1/models/iris:predict:predict'],
      [400, 'GET /v1/models/iris:predict'],
      [400, 'PUT /v1/models/iris:predict'],
      [400, 'GET /v1/nothing'],
      [400, 'GET /v1/endpoints/1/nothing'],
      [400, 'POST /v1/models/iris/versions/1/2:predict'],
      [404, 'POST /v2/models/nope/infer'],
      [404, 'POST /v2/models/iris/versions/9/infer'],
      [404, 'POST /v2/models/toString/infer'],
      [404, `POST /v2/models/${'a'.repeat(1000)}/infer`],
      [404, 'GET /v2/models/nope'],
      [404, 'GET /v2/models/nope/config'],
      [404, 'GET /v2/models/nope/stats'],
      [404, 'GET /v2/models/iris/versions/9'],
      [405, 'GET /v2/models/iris/infer'],
      [405, 'DELETE /v2/models/iris'],
      [404, 'POST /v2/models/iris/nothing'],
      [404, 'GET /v2/nothing'],
      [404, 'POST /models/nope/invoke'],
    ],
  ],
  [
    'all',
    'message',
    [
      [404, 'POST /predictions/nope'],
      [404, 'POST /predictions/iris/9'],
      [404, 'POST /predictions/iris/1.0.0.0'],
      [404, 'PUT /predictions/nope'],
      [405, 'GET /predictions/iris'],
      [405, 'DELETE /predictions/iris'],
    ],
  ],
  [
    'others',
    'error',
    [
      [404, 'POST /v1/models/nope:predict'],
      [404, 'GET /v1/models/nope'],
      [405, 'GET /v1/models/iris:predict'],
      [404, 'GET /v1/nothing'],
    ],
  ],
  ['others', 'message', [[405, 'GET /invocations']]],
];
