import { MdeployError } from '../../core/errors/error.ts';
import type { Tensor } from '../../core/tensor.ts';
import { writeRow, writeTensor } from '../codecs/json-write.ts';
import type { JsonWriter } from '../codecs/json-writer.ts';
import { exampleValue, flatSchema, floatOrToken } from '../codecs/tensor-schema.ts';
import type { Decoded, ModelFacts, OperationDoc, RawReply } from '../protocol.ts';
import { tfsReply, tfsText } from './tfs-encode.ts';
import { tensorsOf } from './tfs-examples.ts';
import { readExamples } from './tfs-examples-json.ts';
import { type ClassScore, classification, type Reading, regression } from './tfs-results.ts';

type Body = Pick<Decoded, 'encode'> & Pick<Decoded['request'], 'inputs' | 'outputs'>;

/** `{"examples": […]}` → `{"results": [[["label", score], …], …]}`. @throws MdeployError of both sides of the model */
export function decodeClassify(body: Uint8Array, facts: ModelFacts): Body {
  return decode(body, facts, classification(facts), (rows) => {
    const scores = tensor(rows.flatMap((row) => row.map(({ score }) => score)));
    let index = 0;
    return tfsReply('results', (writer) =>
      list(writer, rows, (row) =>
        list(writer, row, ({ label }) => {
          writer.ascii('[');
          writer.string(label);
          writer.ascii(', ');
          writeRow(writer, scores, index++, tfsText);
          writer.ascii(']');
        }),
      ),
    );
  });
}

/** `{"examples": […]}` → `{"results": [number, …]}`. @throws MdeployError of both sides of the model */
export function decodeRegress(body: Uint8Array, facts: ModelFacts): Body {
  return decode(body, facts, regression(facts), (values) =>
    tfsReply('results', (writer) => writeTensor(writer, tensor(values), tfsText)),
  );
}

/** OpenAPI fields of classify or regress for one model; undefined when its outputs are no such results. */
export function describeExamples(method: 'classify' | 'regress') {
  return (facts: ModelFacts): OperationDoc | undefined => {
    if (!isFit(method, facts)) return undefined;
    const { name, signature } = facts;
    const features = signature.inputs.map(({ shape, ...spec }) => ({
      ...spec,
      shape: shape?.slice(1) ?? null,
    }));
    const named = (show: (feature: (typeof features)[number]) => unknown) =>
      Object.fromEntries(features.map((feature) => [feature.name, show(feature)]));
    const properties = named(flatSchema);
    const context = { type: 'object', properties, additionalProperties: feature };
    // Or in the context, which this cannot say.
    const example = { ...context, required: Object.keys(properties) };
    return {
      summary: `TensorFlow Serving ${method} with ${name}`,
      request: {
        type: 'object',
        properties: { examples: { type: 'array', minItems: 1, items: example }, context },
        required: ['examples'],
      },
      response: {
        type: 'object',
        properties: { results: { type: 'array', items: results[method] } },
        required: ['results'],
      },
      example: { examples: [named((feature) => [exampleValue(feature)].flat(64))] },
    };
  };
}

function isFit(method: 'classify' | 'regress', facts: ModelFacts): boolean {
  try {
    return (method === 'classify' ? classification : regression)(facts).outputs.length > 0;
  } catch (error) {
    if (error instanceof MdeployError) return false;
    throw error;
  }
}

function decode<Result>(
  body: Uint8Array,
  { signature }: ModelFacts,
  reading: Reading<Result>,
  encode: (results: readonly Result[]) => RawReply,
): Body {
  const given = readExamples(body);
  return {
    inputs: tensorsOf(given, signature.inputs, maxBytes),
    outputs: reading.outputs,
    encode: (response) => encode(reading.read(response, given.examples.length)),
  };
}

function list<Item>(writer: JsonWriter, items: readonly Item[], write: (item: Item) => void): void {
  writer.ascii('[');
  items.forEach((item, index) => {
    if (index > 0) writer.ascii(', ');
    write(item);
  });
  writer.ascii(']');
}

function tensor(values: readonly ClassScore['score'][]): Tensor {
  return { name: '', datatype: 'FP32', shape: [values.length], data: Float32Array.from(values) };
}

const results = {
  classify: {
    type: 'array',
    // A label and its score.
    items: { type: 'array', minItems: 2, maxItems: 2 },
  },
  regress: floatOrToken,
};

/** What a context may come to when it is written out for every example: 64 MiB, as large as a body may be by default. */
const maxBytes = 2 ** 26;

// A feature that no input asks for is checked and left.
const value = { type: ['number', 'string', 'boolean'] };
const feature = { anyOf: [value, { type: 'array', items: value }] };
