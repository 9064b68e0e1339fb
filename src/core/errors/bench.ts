import type { ErrorRow } from './row.ts';

export const benchErrors = {
  BENCH_REMOTE: {
    message: '{host} is not this machine, and a load test can take a server down.',
    remedy: 'Load only servers that are yours; if this one is, give --allow-remote.',
    http: 500,
    grpc: 'INVALID_ARGUMENT',
    exit: 2,
  },
  BENCH_SERVER_ENDED: {
    message: 'The server for {target} did not get ready: {reason}',
    remedy: 'Run `mdeploy validate {target}`; it says what is wrong with the model.',
    http: 500,
    grpc: 'INTERNAL',
    exit: 1,
  },
  BENCH_REFUSED: {
    message: 'The request that was to be timed was answered with status {status}: {reason}',
    remedy: 'Choose another --protocol, --model or --input; `mdeploy predict` shows what the server takes.',
    http: 500,
    grpc: 'INTERNAL',
    exit: 1,
  },
  BENCH_ANSWER_DIFFERS: {
    message: 'The answer is not what the sample promises: {difference}. Nothing was timed.',
    remedy: 'Run `mdeploy validate`; a fast wrong answer is of no use.',
    http: 500,
    grpc: 'INTERNAL',
    exit: 1,
  },
  BENCH_GATE_MALFORMED: {
    message: 'Cannot use the gate "{gate}": {reason}.',
    remedy: 'Write gates as p99<+10%,rps>-5% against a --baseline, or p99<20ms on their own.',
    http: 500,
    grpc: 'INVALID_ARGUMENT',
    exit: 2,
  },
  BENCH_BASELINE_MALFORMED: {
    message: 'Cannot use {file} as a baseline: {reason}.',
    remedy: 'Make one with `mdeploy bench … --json > baseline.json`.',
    http: 500,
    grpc: 'INVALID_ARGUMENT',
    exit: 2,
  },
  BENCH_BASELINE_MISFIT: {
    message: '{file} is no baseline for this load: it has {received}, and {expected} is asked for.',
    remedy: 'Give the flags that the baseline was made with, or make it anew.',
    http: 500,
    grpc: 'INVALID_ARGUMENT',
    exit: 2,
  },
} as const satisfies Record<string, ErrorRow>;
