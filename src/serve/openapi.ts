import { failure } from '../core/errors/error.ts';
import { version } from '../core/version.ts';
import { newerFirst } from '../repository/newer-first.ts';
import { tensorSchema } from './codecs/tensor-schema.ts';
import type { ModelFacts, OperationDoc, Protocol, Route } from './protocol.ts';

/**
 * OpenAPI 3.1 of what is served: one path per documented route and model, with the model's own tensor shapes. Paths
 * without a model name are described when there is one model, which is then the one they mean.
 */
export function openapiDocument(protocols: readonly Protocol[], facts: readonly ModelFacts[]): object {
  const models = newestOf(facts);
  const paths: Record<string, object> = {};
  for (const protocol of protocols) {
    for (const route of protocol.routes) {
      for (const model of models) {
        const doc = route.describe?.(model);
        const path = pathFor(route, model, models.length);
        if (doc && path !== undefined) paths[path] = operation(route, protocol, doc, model);
      }
    }
  }
  return {
    openapi: '3.1.0',
    info: { title: models.map(({ name }) => name).join(', ') || 'mdeploy', version: infoVersion(models) },
    paths: { ...paths, ...health },
    components: { schemas: Object.fromEntries(models.map((model) => [model.name, signatureSchema(model)])) },
  };
}

function operation(route: Route, protocol: Protocol, doc: OperationDoc, model: ModelFacts): object {
  return {
    [route.method.toLowerCase()]: {
      operationId: `${protocol.name}-${route.api}-${model.name}${route.path.includes(':name') ? '-by-name' : ''}`,
      tags: [protocol.name],
      summary: doc.summary,
      ...(model.description !== '' && { description: model.description }),
      ...(doc.request && {
        requestBody: { required: true, content: json(doc.request, doc.example) },
      }),
      responses: {
        200: { description: 'The answer', ...(doc.response && { content: json(doc.response) }) },
        ...errors(protocol),
      },
    },
  };
}

// The form of an error is what the protocol itself makes of one.
function errors(protocol: Protocol): object {
  const { body } = protocol.encodeError(failure('SHUTTING_DOWN', {}), { id: '', method: 'POST', path: '' });
  const example = JSON.parse(Buffer.from(body).toString()) as Record<string, unknown>;
  const schema = typeof example.error === 'object' ? detailedError : errorSchema(example);
  return Object.fromEntries(
    Object.entries(errorMeanings).map(([status, description]) => [
      status,
      { description, content: json(schema) },
    ]),
  );
}

function pathFor({ path }: Route, { name }: ModelFacts, models: number): string | undefined {
  if (!path.includes(':name')) return models === 1 ? path.replaceAll('::', ':') : undefined;
  return path.replace(/:name(\([^)]*\))?/, encodeURIComponent(name)).replaceAll('::', ':');
}

function newestOf(facts: readonly ModelFacts[]): ModelFacts[] {
  const byName = new Map<string, ModelFacts>();
  for (const model of facts) {
    const known = byName.get(model.name);
    if (!known || newerFirst(model.version, known.version) < 0) byName.set(model.name, model);
  }
  return [...byName.values()];
}

function infoVersion(models: readonly ModelFacts[]): string {
  return models.length === 1 ? models[0]!.version : version;
}

function signatureSchema({ signature }: ModelFacts): object {
  const tensors = (specs: ModelFacts['signature']['inputs']) => ({
    type: 'object',
    properties: Object.fromEntries(
      specs.map((spec) => [spec.name, { ...tensorSchema(spec), 'x-datatype': spec.datatype }]),
    ),
  });
  return {
    type: 'object',
    properties: { inputs: tensors(signature.inputs), outputs: tensors(signature.outputs) },
  };
}

function json(schema: object, example?: unknown): object {
  return { 'application/json': { schema, ...(example !== undefined && { example }) } };
}

function errorSchema(example: Readonly<Record<string, unknown>>): object {
  const types = Object.entries(example).map(([key, value]) => [
    key,
    { type: typeof value === 'number' ? 'integer' : 'string' },
  ]);
  return { type: 'object', properties: Object.fromEntries(types), required: Object.keys(example) };
}

const text = { type: 'string' };
const detailedError = {
  type: 'object',
  properties: {
    error: {
      type: 'object',
      properties: {
        code: text,
        message: text,
        field: text,
        expected: text,
        received: text,
        fix: text,
        request_id: text,
      },
      required: ['code', 'message', 'fix', 'request_id'],
    },
  },
  required: ['error'],
};

const errorMeanings = {
  400: 'The request is wrong; the error says where, what was expected and what was received',
  404: 'No such model or version',
  413: 'The body is larger than the limit',
  503: 'Not ready, or the queue is full; try again after Retry-After',
  504: 'Not answered within the time limit',
};

const ok = { 200: { description: 'Yes' } };
const health = {
  '/healthz': { get: { operationId: 'live', summary: 'Whether the process lives', responses: ok } },
  '/readyz': {
    get: {
      operationId: 'ready',
      summary: 'Whether the models are loaded and warm',
      responses: { ...ok, 503: { description: 'Not yet, or not any more' } },
    },
  },
  '/metrics': { get: { operationId: 'metrics', summary: 'Prometheus metrics', responses: ok } },
};
