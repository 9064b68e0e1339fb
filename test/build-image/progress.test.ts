import { describe, expect, test } from 'vitest';
import { layersOf } from '../../src/build-image/builders/docker-facts.ts';
import { buildFault, EngineSays } from '../../src/build-image/builders/docker-faults.ts';
import { plainLogs } from '../../src/build-image/builders/docker-trial.ts';
import { BuildProgress } from '../../src/build-image/progress.ts';

// As engine 20.10.24 wrote it.
const lines = [
  { stream: 'Step 1/3 : FROM mdeploy-test/node26-base:26.10.0' },
  { stream: '\n' },
  { stream: ' ---> 6d5d59f6ac03\n' },
  { stream: 'Step 2/3 : COPY f /f' },
  { stream: '\n' },
  { stream: ' ---> Using cache\n' },
  { stream: ' ---> 4cac1034f669\n' },
  { stream: 'Step 3/3 : ENTRYPOINT ["/usr/local/bin/node"]' },
  { stream: '\n' },
  { stream: ' ---> Running in 505f3278b9d6\n' },
  { stream: 'Removing intermediate container 505f3278b9d6\n' },
  { stream: ' ---> 75b149830bc3\n' },
  { aux: { ID: 'sha256:75b149830bc3917b' } },
  { stream: 'Successfully built 75b149830bc3\n' },
];

function progressOf(taken: readonly object[]): BuildProgress {
  const progress = new BuildProgress();
  for (const line of taken) progress.take(line);
  return progress;
}

describe('BuildProgress', () => {
  test('knows the steps, what each made, and the image', () => {
    const progress = progressOf(lines);
    expect(progress.steps).toEqual([
      {
        number: 1,
        total: 3,
        instruction: 'FROM mdeploy-test/node26-base:26.10.0',
        image: '6d5d59f6ac03',
        cached: false,
      },
      { number: 2, total: 3, instruction: 'COPY f /f', image: '4cac1034f669', cached: true },
      {
        number: 3,
        total: 3,
        instruction: 'ENTRYPOINT ["/usr/local/bin/node"]',
        image: '75b149830bc3',
        cached: false,
      },
    ]);
    expect(progress.imageId).toBe('sha256:75b149830bc3917b');
    expect(progress.error).toBeUndefined();
  });

  test('shows each step once, and the pull of the base below its step', () => {
    const progress = new BuildProgress();
    const shown = lines.map((line) => progress.take(line)).filter((text) => text !== undefined);
    expect(shown).toHaveLength(3);
    expect(shown[1]).toBe('step 2 of 3, COPY f /f');
    const pull = { status: 'Downloading', id: 'abc', progress: '[=>  ] 1MB/5MB' };
    expect(progress.take(pull)).toContain(': abc Downloading [=>  ] 1MB/5MB');
  });
});

describe('what stopped a build is named by its step', () => {
  const fault = (taken: readonly object[], text: string) =>
    buildFault(new EngineSays(text), progressOf(taken), 'base:1');

  test('an instruction', () => {
    const error = fault(lines.slice(0, 5), 'COPY failed: stat nofile: file does not exist');
    expect(error).toMatchObject({ code: 'BUILD_STEP_FAILED', exit: 1 });
    expect(error.message).toContain('step 2 of 3, COPY f /f, failed: COPY failed');
  });

  test.each([
    [
      'Get "https://registry-1.docker.io/v2/": dial tcp: lookup registry-1.docker.io on 10.0.0.53:53: no such host',
      'registry-1.docker.io is not known by name',
    ],
    [
      'Get "http://127.0.0.1:1/v2/": dial tcp 127.0.0.1:1: connect: connection refused',
      '127.0.0.1:1 refuses',
    ],
    ['Head "http://127.0.0.1:45221/v2/none/manifests/1": no basic auth credentials', 'wants a login'],
    [
      "pull access denied for nope/nope, repository does not exist or may require 'docker login'",
      'nope/nope does not exist',
    ],
    ['manifest for 127.0.0.1:5000/a:1 not found: manifest unknown: manifest unknown', 'has no such image'],
    ['whatever else', 'whatever else'],
  ])('the base image: %s', (text, words) => {
    const error = fault(lines.slice(0, 2), text);
    expect(error).toMatchObject({ code: 'BUILD_BASE_UNAVAILABLE', exit: 3 });
    expect(error.message).toContain('mdeploy-test/node26-base:26.10.0');
    expect(error.message).toContain(words);
    expect(error.remedy).toContain('docker pull mdeploy-test/node26-base:26.10.0');
    expect(error.remedy).toContain('--base');
  });

  test('a base image for another platform, found out at the first COPY', () => {
    const text =
      'failed to get destination image "sha256:2d18": image with reference sha256:2d18 was found but does not match the specified platform: wanted linux/arm64, actual: linux/amd64';
    expect(fault(lines.slice(0, 5), text)).toMatchObject({
      code: 'BUILD_PLATFORM',
      message: expect.stringContaining('base:1 is for linux/amd64'),
    });
  });

  test('a full disk, a lost engine, a refused Dockerfile', () => {
    expect(fault(lines.slice(0, 5), 'write /f: no space left on device')).toMatchObject({
      code: 'ENGINE_DISK_FULL',
    });
    const progress = progressOf(lines.slice(0, 5));
    const lost = buildFault(Object.assign(new Error('aborted'), { code: 'ECONNRESET' }), progress, 'base:1');
    expect(lost.message).toBe('The connection to the Docker engine was lost during: step 2 of 3, COPY f /f.');
    const refused = Object.assign(
      new Error('(HTTP code 400) unexpected - dockerfile parse error line 2: unknown instruction: CPOY '),
      { statusCode: 400 },
    );
    expect(buildFault(refused, progressOf([]), 'base:1')).toMatchObject({
      code: 'BUILD_REFUSED',
      message: expect.stringContaining(': dockerfile parse error line 2: unknown instruction: CPOY.'),
    });
    expect(fault([], 'odd')).toMatchObject({ code: 'BUILD_REFUSED' });
  });
});

describe('layersOf', () => {
  const history = [
    { Id: 'sha256:75b149830bc3917b', CreatedBy: '/bin/sh -c #(nop)  ENTRYPOINT ["node"]', Size: 0 },
    { Id: 'sha256:4cac1034f669aaaa', CreatedBy: '/bin/sh -c #(nop) COPY file:abc in /f ', Size: 7 },
    { Id: 'sha256:6d5d59f6ac03bbbb', CreatedBy: '', Size: 100 },
    { Id: '<missing>', CreatedBy: 'older', Size: 20 },
  ];

  test('the base is one line, instructions stand as in the Dockerfile', () => {
    expect(layersOf(history, progressOf(lines).steps)).toEqual([
      { instruction: 'FROM mdeploy-test/node26-base:26.10.0', bytes: 120 },
      { instruction: 'COPY f /f', bytes: 7 },
    ]);
  });

  test("without steps the engine's own words are used", () => {
    expect(layersOf(history, []).map(({ instruction }) => instruction)).toEqual([
      'older',
      '',
      'COPY file:abc in /f',
    ]);
  });
});

test('plainLogs takes the frame headers off', () => {
  const frame = (kind: number, text: string) => {
    const header = Buffer.alloc(8);
    header[0] = kind;
    header.writeUInt32BE(Buffer.byteLength(text), 4);
    return Buffer.concat([header, Buffer.from(text)]);
  };
  expect(plainLogs(Buffer.concat([frame(1, 'öut\n'), frame(2, 'err\n')]))).toBe('öut\nerr\n');
  expect(plainLogs(Buffer.alloc(0))).toBe('');
});
