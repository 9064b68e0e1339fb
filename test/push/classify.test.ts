import { describe, expect, test } from 'vitest';
import { classify } from '../../src/push/classify.ts';
import { registryFault } from '../../src/push/publishers/registry-faults.ts';

// Every text was written by a real engine 20.10.24 against registry 2.8.2, or against a proxy before it.
const seen: readonly (readonly [string, string, string])[] = [
  ['no basic auth credentials', 'unauthorized', 'it wants a login'],
  ['unauthorized: authentication required', 'unauthorized', 'unauthorized: authentication required'],
  [
    'Get "http://127.0.0.1:1/v2/": dial tcp 127.0.0.1:1: connect: connection refused',
    'unreachable',
    'nothing listens at 127.0.0.1:1',
  ],
  [
    'Get "https://no-such-host.invalid/v2/": dial tcp: lookup no-such-host.invalid on 10.0.0.53:53: no such host',
    'unreachable',
    'the host name no-such-host.invalid is unknown',
  ],
  [
    'read tcp 127.0.0.1:59284->127.0.0.1:40973: read: connection reset by peer',
    'interrupted',
    'the connection was reset',
  ],
  [
    'Get "http://127.0.0.1:36571/v2/": read tcp 127.0.0.1:56388->127.0.0.1:36571: read: connection reset by peer',
    'interrupted',
    'the connection was reset',
  ],
  ['Get "http://127.0.0.1:41921/v2/": EOF', 'interrupted', 'the connection was closed before the answer'],
  [
    'received unexpected HTTP status: 503 Service Unavailable',
    'unavailable',
    'it answers 503 Service Unavailable',
  ],
  [
    'received unexpected HTTP status: 500 Internal Server Error',
    'unavailable',
    'it answers 500 Internal Server Error',
  ],
  [
    'error parsing HTTP 429 response body: invalid character \'b\' looking for beginning of value: "busy"',
    'unavailable',
    'it takes no more requests for now (429)',
  ],
  ['toomanyrequests: slow down', 'unavailable', 'it takes no more requests for now (429)'],
  ['denied', 'denied', 'denied'],
  [
    'error parsing HTTP 403 response body: invalid character',
    'denied',
    'error parsing HTTP 403 response body: invalid character',
  ],
  [
    'error parsing HTTP 413 response body: invalid character',
    'refused',
    'a layer is larger than the registry, or a proxy before it, takes (413)',
  ],
  [
    'error parsing HTTP 404 response body: invalid character',
    'refused',
    'there is no such repository, or no registry at this address (404)',
  ],
  ['error parsing HTTP 405 response body: invalid character', 'refused', 'it answers 405'],
  ['received unexpected HTTP status: 200 OK', 'refused', 'it answers 200 OK, as no registry does'],
  [
    'Get "https://192.0.2.2:34149/v2/": http: server gave HTTP response to HTTPS client',
    'tls',
    'it speaks plain HTTP, which the engine allows only for insecure-registries',
  ],
];

// From the sources of the engine, Go's net and crypto packages; not provoked here.
const known: readonly (readonly [string, string, string])[] = [
  [
    'Get "https://r.example/v2/": x509: certificate signed by unknown authority',
    'tls',
    'certificate signed by unknown authority',
  ],
  [
    'Get "https://r.example/v2/": dial tcp 10.1.2.3:443: connect: no route to host',
    'unreachable',
    '10.1.2.3:443: no route to host',
  ],
  ['Get "https://r.example/v2/": dial tcp 10.1.2.3:443: i/o timeout', 'unreachable', 'it does not answer'],
  [
    'Get "https://r.example/v2/": net/http: request canceled while waiting for connection',
    'unreachable',
    'it does not answer',
  ],
  [
    'Get "https://r.example/v2/": dial tcp: lookup r.example: Temporary failure in name resolution',
    'unreachable',
    'the host name r.example cannot be looked up',
  ],
  [
    'write tcp 10.0.0.1:1->10.0.0.2:2: write: broken pipe',
    'interrupted',
    'the connection was closed while sending',
  ],
  [
    'Put "https://r.example/v2/a/blobs/uploads/1?_state=abc": unexpected EOF',
    'interrupted',
    'the connection was closed before the answer',
  ],
  ['Get "https://r.example/v2/": net/http: TLS handshake timeout', 'interrupted', 'the connection stalled'],
  [
    'denied: requested access to the resource is denied',
    'denied',
    'denied: requested access to the resource is denied',
  ],
  [
    'Get "https://auth.example/token?account=ci&scope=x": unauthorized: incorrect username or password',
    'unauthorized',
    'Get "https://auth.example/token?…": unauthorized: incorrect username or password',
  ],
  ['something nobody has seen', 'refused', 'something nobody has seen'],
];

test.each([...seen, ...known])('%s', (text, fault, reason) => {
  const transient = fault === 'unavailable' || fault === 'interrupted';
  expect(classify(text)).toEqual({ fault, reason, transient });
});

describe('every class has an error of its own', () => {
  const target = { registry: 'r.example', repository: 'r.example/team/iris', tag: '1' };

  test.each([
    [
      'no basic auth credentials',
      'REGISTRY_UNAUTHORIZED',
      'did not accept a push without a login, and none is known',
    ],
    ['denied', 'REGISTRY_DENIED', 'r.example/team/iris'],
    ['toomanyrequests: slow down', 'REGISTRY_UNAVAILABLE', '3 tries'],
    ['Get "https://r.example/v2/": x509: certificate has expired', 'REGISTRY_TLS', 'certificate has expired'],
    ['read: connection reset by peer', 'REGISTRY_INTERRUPTED', '3 times'],
    [
      'dial tcp: lookup r.example on 1.1.1.1:53: no such host',
      'REGISTRY_UNREACHABLE',
      'r.example is unknown',
    ],
    ['what', 'REGISTRY_REFUSED', 'what'],
  ])('%s → %s', (text, code, part) => {
    const error = registryFault(text, target, undefined, 3);
    expect(error).toMatchObject({ code, exit: 3 });
    expect(error.message).toContain('r.example');
    expect(error.message).toContain(part);
  });

  test('wrong credentials say where they came from', () => {
    const error = registryFault(
      'unauthorized: authentication required',
      target,
      '/home/ci/.docker/config.json',
      1,
    );
    expect(error.message).toContain('from /home/ci/.docker/config.json');
    expect(error.remedy).toContain('docker login r.example');
  });
});
