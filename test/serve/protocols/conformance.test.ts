import type { Tensor } from '../../../src/core/tensor.ts';
import { writeTensor } from '../../../src/serve/codecs/json-write.ts';
import { JsonWriter } from '../../../src/serve/codecs/json-writer.ts';
import type { RawReply } from '../../../src/serve/protocol.ts';
import { plain } from '../../../src/serve/protocols/plain.ts';
import { tfs } from '../../../src/serve/protocols/tfs.ts';
import { protocolConformance } from '../../conformance/protocols.ts';
import { replyText } from '../catalogue.ts';

protocolConformance({
  protocol: plain,
  call: () => ({ route: '/predict', params: {} }),
  body: (tensors) => `{"inputs":${byName(tensors)}}`,
  outputs: (reply, names) => rows(json(reply).predictions, names),
  errorText: (reply) => (json(reply).error as { message: string }).message,
});

protocolConformance({
  protocol: tfs,
  call: (name) => ({ route: '/v1/models/:name([^/:]+)::predict', params: { name } }),
  body: (tensors) => `{"inputs":${byName(tensors)}}`,
  outputs: (reply, names) => columns(json(reply).outputs, names),
  errorText: (reply) => json(reply).error as string,
});

function byName(tensors: readonly Tensor[]): string {
  return `{${tensors.map((tensor) => `${JSON.stringify(tensor.name)}:${value(tensor)}`).join(',')}}`;
}

function value(tensor: Tensor): string {
  const writer = new JsonWriter();
  writeTensor(writer, tensor, { floats: 'shortest', nonFinite: 'null' });
  return Buffer.from(writer.take()).toString();
}

function json(reply: RawReply): Record<string, unknown> {
  return JSON.parse(replyText(reply)) as Record<string, unknown>;
}

function columns(outputs: unknown, names: readonly string[]): ReadonlyMap<string, unknown> {
  if (names.length === 1) return new Map([[names[0]!, outputs]]);
  return new Map(names.map((name) => [name, (outputs as Record<string, unknown>)[name]]));
}

function rows(predictions: unknown, names: readonly string[]): ReadonlyMap<string, unknown> {
  if (names.length === 1) return new Map([[names[0]!, predictions]]);
  const list = predictions as Record<string, unknown>[];
  return new Map(names.map((name) => [name, list.map((row) => row[name])]));
}
