import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { peakFromProc, residentFromPs } from '../../src/runtime/resident-memory.ts';
import { bodyFaults } from './malformed/body-faults.ts';
import { changeFaults, grpcChangeFaults } from './malformed/change-faults.ts';
import { dialects, good } from './malformed/dialects.ts';
import { type RestEntry, request } from './malformed/entries.ts';
import { grpcFaults, grpcGood } from './malformed/grpc-faults.ts';
import { httpFaults } from './malformed/http-faults.ts';
import { jsonFaults } from './malformed/json-faults.ts';
import { pathFaults } from './malformed/path-faults.ts';
import { complaint, grpcComplaint, openSession } from './malformed/send.ts';
import { type Started, startServers } from './malformed/servers.ts';
import { tensorFaults } from './malformed/tensor-faults.ts';
import { tfsFaults } from './malformed/tfs-faults.ts';
import { typeFaults } from './malformed/type-faults.ts';
import { v2Faults } from './malformed/v2-faults.ts';

const makers = [
  jsonFaults,
  tensorFaults,
  httpFaults,
  pathFaults,
  bodyFaults,
  v2Faults,
  tfsFaults,
  typeFaults,
  changeFaults,
];
const overRest = Map.groupBy(
  makers.flatMap((make) => make()),
  ({ group }) => group,
);
const overGrpc = Map.groupBy([...grpcFaults(), ...grpcChangeFaults()], ({ group }) => group);

let started: Awaited<ReturnType<typeof startServers>>;
let before: number;

beforeAll(async () => {
  started = await startServers();
  expect(await goodOnes()).toEqual([]);
  before = await memory();
});

afterAll(() => started?.stop());

describe('requests that are wrong are the fault of the client, and of nobody else', () => {
  test.each([...overRest])('%s', async (_, entries) => {
    const complaints: string[] = [];
    for (const entry of entries) {
      const problem = await complaint(entry, started.servers[entry.server]);
      if (problem !== undefined) complaints.push(`${entry.name}: ${problem}`);
    }
    expect(complaints).toEqual([]);
    expect(await goodOnes()).toEqual([]);
  });

  test.each([...overGrpc])('%s', async (_, entries) => {
    const complaints: string[] = [];
    const { grpc } = started.servers[entries[0]!.server];
    let session = openSession(grpc);
    for (const entry of entries) {
      if (session.closed) session = openSession(grpc);
      const problem = await grpcComplaint(entry, session);
      if (problem !== undefined) complaints.push(`${entry.name}: ${problem}`);
    }
    session.close();
    expect(complaints).toEqual([]);
    expect(await goodOnes()).toEqual([]);
  });
});

describe('after all of them', () => {
  test('they were at least 2,000', () => {
    const count = [...overRest.values(), ...overGrpc.values()].flat().length;
    console.log(`${count} malformed requests in ${overRest.size + overGrpc.size} groups`);
    expect(count).toBeGreaterThanOrEqual(2000);
  });

  test('the servers are the same processes, have logged no fault, and have not grown beyond 256 MiB', async () => {
    for (const { child, errors } of Object.values(started.servers)) {
      expect([child.exitCode, child.signalCode]).toEqual([null, null]);
      expect(errors).toEqual([]);
    }
    const grown = Math.round(((await memory()) - before) / 2 ** 20);
    console.log(`the memory of the first server has grown by ${grown} MiB at most`);
    expect(grown).toBeLessThan(256);
  });
});

/** What is wrong with the answers to requests that are right, one per dialect. */
async function goodOnes(): Promise<string[]> {
  const complaints: string[] = [];
  for (const { server, path, wrap, headers = {}, name } of dialects) {
    const bytes = () => request(path, wrap(good), { headers });
    const entry: RestEntry = { group: 'good', name, server, bytes, status: 200, text: 'none' };
    const problem = await complaint(entry, started.servers[server]);
    if (problem !== undefined) complaints.push(`${name}: ${problem}`);
  }
  const session = openSession(started.servers.all.grpc);
  for (const entry of grpcGood()) {
    const problem = await grpcComplaint(entry, session);
    if (problem !== undefined) complaints.push(`${entry.name}: ${problem}`);
  }
  session.close();
  return complaints;
}

/** Of the server that gets most of them, bytes: on Linux the highest there was. */
function memory(): number | Promise<number> {
  const { pid = 0 }: Started['child'] = started.servers.all.child;
  return process.platform === 'linux' ? peakFromProc(pid) : residentFromPs(pid);
}
