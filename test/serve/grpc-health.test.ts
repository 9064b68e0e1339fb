import { status } from '@grpc/grpc-js';
import { describe, expect, test } from 'vitest';
import { failure } from '../../src/core/errors/error.ts';
import { openGrpcWith } from './doors/opened-grpc.ts';

const check = 'grpc.health.v1.Health/Check';
const serving = 1;
const notServing = 2;
const serviceUnknown = 3;

describe('Check', () => {
  test.each(['', 'inference.GRPCInferenceService', 'tensorflow.serving.PredictionService'])(
    'of "%s" says what /readyz says',
    async (service) => {
      const { client, house } = await openGrpcWith();
      expect(await client.call(check, { service })).toEqual({ status: serving });
      for (const state of ['starting', 'draining'] as const) {
        house.state = state;
        expect(await client.call(check, { service })).toEqual({ status: notServing });
      }
    },
  );

  test('a broken engine is not serving', async () => {
    let isBroken = false;
    const { client } = await openGrpcWith({ isBroken: () => isBroken });
    expect(await client.call(check, {})).toEqual({ status: serving });
    isBroken = true;
    expect(await client.call(check, {})).toEqual({ status: notServing });
  });

  test('of a service that is not there is NOT_FOUND, with those that are', async () => {
    const { client } = await openGrpcWith();
    const refused = await client.refusal(check, { service: 'a.b' });
    expect(refused.code).toBe(status.NOT_FOUND);
    const services =
      'tensorflow.serving.PredictionService, tensorflow.serving.ModelService, inference.GRPCInferenceService';
    const { message, remedy } = failure('SERVICE_UNKNOWN', { service: 'a.b', services });
    expect(refused.details).toBe(`${message} ${remedy}`);
  });
});

describe('Watch', () => {
  test('tells the status at once and when it has changed', async () => {
    const { client, house } = await openGrpcWith();
    const stream = client.watch('grpc.health.v1.Health/Watch', {});
    const told: unknown[] = [];
    stream.on('data', (message) => told.push(message));
    stream.on('error', (error) => told.push(error));
    await expect.poll(() => told).toEqual([{ status: serving }]);
    house.state = 'draining';
    await expect.poll(() => told, { timeout: 5000 }).toEqual([{ status: serving }, { status: notServing }]);
    stream.cancel();
  });

  test('of a service that is not there says so, and goes on', async () => {
    const { client } = await openGrpcWith();
    const stream = client.watch('grpc.health.v1.Health/Watch', { service: 'a.b' });
    stream.on('error', () => undefined);
    const first = await new Promise((resolve) => stream.once('data', resolve));
    expect(first).toEqual({ status: serviceUnknown });
    stream.cancel();
  });
});
