import type { ClientDuplexStream } from '@grpc/grpc-js';
import { status } from '@grpc/grpc-js';
import { describe, expect, test } from 'vitest';
import { DescribedFile } from '../../src/serve/described-file.ts';
import { openGrpcWith } from './doors/opened-grpc.ts';

const services = [
  'tensorflow.serving.PredictionService',
  'tensorflow.serving.ModelService',
  'inference.GRPCInferenceService',
  'grpc.health.v1.Health',
  'grpc.reflection.v1.ServerReflection',
  'grpc.reflection.v1alpha.ServerReflection',
];

describe.each(['v1', 'v1alpha'])('reflection %s', (version) => {
  const method = `grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`;

  async function ask(...questions: readonly object[]) {
    const { client } = await openGrpcWith();
    return converse(client.converse(method), questions);
  }

  test('lists the services, with the question it answers', async () => {
    const [reply] = await ask({ host: 'here', listServices: '' });
    expect(reply).toMatchObject({
      validHost: 'here',
      originalRequest: { host: 'here', listServices: '' },
      listServicesResponse: { service: services.map((name) => ({ name })) },
    });
  });

  test.each(services)('hands out the file of %s and all that it imports', async (name) => {
    const [reply] = await ask({ fileContainingSymbol: name });
    const files = filesOf(reply);
    expect(files[0]!.defines(name)).toBe(true);
    const names = files.map((file) => file.name);
    expect(new Set(names).size).toBe(names.length);
    for (const { imports } of files) expect(names).toEqual(expect.arrayContaining([...imports]));
  });

  test('hands out a file by its name, of a message and of a method', async () => {
    const replies = await ask(
      { fileByFilename: 'health.proto' },
      { fileContainingSymbol: 'grpc.health.v1.HealthCheckRequest' },
      { fileContainingSymbol: 'grpc.health.v1.Health.Check' },
    );
    for (const reply of replies) expect(filesOf(reply).map(({ name }) => name)).toEqual(['health.proto']);
  });

  test('what is not there is an answer, not the end', async () => {
    const replies = await ask(
      { fileByFilename: '../etc/passwd' },
      { fileContainingSymbol: 'a.b' },
      { fileContainingExtension: { containingType: 'a.b', extensionNumber: 1 } },
      { allExtensionNumbersOfType: 'a.b' },
      {},
      { listServices: '*' },
    );
    expect(replies.slice(0, 5)).toEqual(
      Array(5).fill(
        expect.objectContaining({
          errorResponse: { errorCode: status.NOT_FOUND, errorMessage: expect.stringMatching(/^This server/) },
        }),
      ),
    );
    expect(replies[5]).toHaveProperty('listServicesResponse');
  });
});

async function converse(
  stream: ClientDuplexStream<object, Record<string, unknown>>,
  questions: readonly object[],
): Promise<Record<string, unknown>[]> {
  for (const question of questions) stream.write(question);
  stream.end();
  const replies: Record<string, unknown>[] = [];
  for await (const reply of stream) replies.push(reply);
  return replies;
}

function filesOf(reply: Record<string, unknown> | undefined): DescribedFile[] {
  const { fileDescriptorProto = [] } = (reply?.fileDescriptorResponse ?? {}) as {
    fileDescriptorProto?: Buffer[];
  };
  const files = fileDescriptorProto.map(
    (bytes) => new DescribedFile(nameOf(bytes), bytes.toString('base64')),
  );
  expect(files.length).toBeGreaterThan(0);
  return files;
}

// Field 1 of FileDescriptorProto, which comes first.
function nameOf(bytes: Buffer): string {
  return bytes.toString('utf8', 2, 2 + bytes[1]!);
}
