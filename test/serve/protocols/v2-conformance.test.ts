import { decodeFloat16 } from '../../../src/core/float16.ts';
import type { Tensor } from '../../../src/core/tensor.ts';
import { readBinary } from '../../../src/serve/codecs/binary-tensor.ts';
import type { RawReply } from '../../../src/serve/protocol.ts';
import { v2 } from '../../../src/serve/protocols/v2.ts';
import { asText, type ProtocolCaller, protocolConformance } from '../../conformance/protocols.ts';
import { replyText } from '../catalogue.ts';
import { binaryMessage, jsonMessage, nest, readReply } from './v2-client.ts';

const common = {
  protocol: v2,
  call: (name: string) => ({ route: '/v2/models/:name/infer', params: { name } }),
  errorText: (reply: RawReply) => (JSON.parse(replyText(reply)) as { error: string }).error,
} satisfies Partial<ProtocolCaller>;

protocolConformance({
  ...common,
  body: (tensors) => jsonMessage(tensors).body,
  outputs: (reply) =>
    new Map(readReply(reply).document.outputs.map(({ name, data, shape }) => [name, nest(data!, shape)])),
});

let headers = {};
protocolConformance({
  ...common,
  body: (tensors) => {
    const message = binaryMessage(tensors, { parameters: { binary_data_output: true } });
    headers = message.headers;
    return message.body;
  },
  headers: () => headers,
  outputs: (reply) => {
    const { document, blobs } = readReply(reply);
    return new Map(
      document.outputs.map((output) => {
        const data = readBinary(blobs.get(output.name)!, output);
        return [output.name, nest(valuesOf(asText({ ...output, data })), output.shape)];
      }),
    );
  },
});

// As JSON.parse would give them.
function valuesOf({ datatype, data }: Tensor): unknown[] {
  return [...data].map((value) => {
    if (datatype === 'BOOL') return value === 1;
    if (datatype === 'FP16') return Number(decodeFloat16(value as number).toPrecision(3));
    return typeof value === 'bigint' ? Number(value) : value;
  });
}
