import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Datatype, datatypes, type Tensor } from '../../../src/core/tensor.ts';
import { asText } from '../../conformance/protocols.ts';
import { tensors } from '../protocols/any-tensor.ts';
import { rawBytes } from '../protocols/v2-client.ts';
import { type Asker, openEverything } from './every-door.ts';
import { held } from './opened-grpc.ts';

describe('the same random request over every protocol', () => {
  test.each(datatypes)(
    '%s reaches the model with the same bits, and the answer comes back with them',
    async (datatype) => {
      const { askers, runs } = await openEverything({ datatype });
      expect(askers).toHaveLength(16);
      await fc.assert(
        fc.asyncProperty(pairs(datatype), async (tensor) => {
          for (const { name, ask } of askers.filter((asker) => carries(asker, tensor))) {
            const { status, data } = await ask(tensor);
            expect([200, 'OK'], name).toContain(status);
            expect(rawBytes(asText(runs.at(-1)![0]!)), name).toEqual(rawBytes(tensor));
            expect(rawBytes({ ...tensor, data: data! }), name).toEqual(rawBytes(tensor));
          }
        }),
        { numRuns: 15 },
      );
    },
  );
});

const x: Tensor = { name: 'x', datatype: 'FP32', shape: [1, 2], data: Float32Array.of(1, 2) };
const grpcCodes: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  404: 'NOT_FOUND',
  413: 'RESOURCE_EXHAUSTED',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
};

describe('the same fault over every protocol', () => {
  test('a model that is not there: 404', async () => {
    const { askers } = await openEverything({});
    const naming = askers.filter(({ namesModel }) => namesModel);
    expect(naming).toHaveLength(13);
    await expectOne(naming, 404, 'There is no model named "nope" here.', (asker) => asker.ask(x, 'nope'));
  });

  test('a wrong shape: 400', async () => {
    const { askers, runs } = await openEverything({});
    const wide: Tensor = { ...x, shape: [1, 3], data: Float32Array.of(1, 2, 3) };
    await expectOne(askers, 400, 'Input "x" has shape [1,3], the model expects [batch,2].', ({ ask }) =>
      ask(wide),
    );
    expect(runs).toEqual([]);
  });

  test('a body beyond the limit: 413', async () => {
    const { askers } = await openEverything({ maxBodyBytes: 2000 });
    const large: Tensor = { ...x, shape: [1000, 2], data: new Float32Array(2000).fill(0.1) };
    const text = 'The request body is larger than the limit of 2000 bytes.';
    await expectOne(askers, 413, text, ({ ask }) => ask(large));
  });

  test('a full queue: 503', async () => {
    const work = held();
    const { askers } = await openEverything({
      run: work.run,
      timeoutMs: 15_000,
      queue: { maxSize: 0, timeoutMs: 15_000 },
    });
    const first = askers[0]!.ask(x);
    await work.started;
    const text = 'The waiting room of model "echo" is full (0 requests).';
    await expectOne(askers, 503, text, ({ ask }) => ask(x)).finally(work.letGo);
    expect((await first).status).toBe(200);
  });

  test('a server that is not ready yet: 503', async () => {
    const { askers, house } = await openEverything({});
    house.state = 'starting';
    await expectOne(askers, 503, ' is not ready.', ({ ask }) => ask(x));
  });

  test('a run that takes too long: 504', async () => {
    const work = held();
    const { askers } = await openEverything({
      run: work.run,
      timeoutMs: 50,
      queue: { maxSize: 99, timeoutMs: 50 },
    });
    const text = 'The request was not answered within 50 ms.';
    await expectOne(askers, 504, text, ({ ask }) => ask(x)).finally(work.letGo);
  });
});

/** TensorFlow Serving has words of its own. */
const wordings: readonly (readonly [ours: string, theirs: string])[] = [
  ['There is no model named "nope" here.', 'Servable not found for request: Latest(nope)'],
];

async function expectOne(
  askers: readonly Asker[],
  status: number,
  text: string,
  ask: (asker: Asker) => ReturnType<Asker['ask']>,
): Promise<void> {
  for (const asker of askers) {
    const answer = await ask(asker);
    expect(answer.status, asker.name).toBe(asker.isGrpc ? grpcCodes[status] : status);
    const theirs = wordings.find(([ours]) => ours === text)?.[1];
    const said = asker.name.includes('tfs') ? (theirs ?? text) : text;
    expect(answer.text, asker.name).toContain(said);
  }
}

/** Tensors [batch,2] of values that JSON has words for. */
function pairs(datatype: Datatype): fc.Arbitrary<Tensor> {
  return tensors(datatype)
    .filter(({ data }) => data.length % 2 === 0 && allFinite(datatype, data))
    .map((tensor) => ({ ...tensor, shape: [tensor.data.length / 2, 2] }));
}

function allFinite(datatype: Datatype, data: Tensor['data']): boolean {
  if (datatype === 'FP16') return (data as Uint16Array).every((half) => (half & 0x7c00) !== 0x7c00);
  return typeof data[0] !== 'number' || (data as Float64Array).every((each) => Number.isFinite(each));
}

// Bytes are one value as they are over TorchServe's gRPC.
function carries({ name }: Asker, { datatype }: Tensor): boolean {
  return datatype !== 'BYTES' || name !== 'gRPC, torchserve';
}
