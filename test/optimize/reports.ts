import type { OptimizationReport } from '../../src/optimize/report.ts';
import type { Measured, Variant } from '../../src/optimize/variant.ts';

export function measured(more: Partial<Measured> = {}): Measured {
  return {
    bytes: 500_000,
    load_ms: 12,
    latency_ms: 2,
    original_ms: 4,
    rounds: 50,
    faster_by: 2,
    faster_at_least: 1.9,
    smaller_by: 2,
    top1: 1,
    max_error: 0.001,
    cosine: 1,
    outputs: [],
    ...more,
  };
}

export function variant(more: Partial<Variant> = {}): Variant {
  return {
    name: 'fp16',
    what: 'half',
    verdict: 'kept',
    reasons: [],
    facts: {},
    measured: measured(),
    ...more,
  };
}

export function report(
  variants: readonly Variant[],
  more: Partial<OptimizationReport> = {},
): OptimizationReport {
  return {
    source: {
      target: 'm.onnx',
      name: 'm',
      version: '1',
      model: 'm.onnx',
      sha256: 'x',
      bytes: 1_000_000,
      load_ms: 20,
      latency_ms: 4,
    },
    folder: 'm-optimized',
    served: 'fp16',
    served_when: null,
    keep_if: { top1_agreement: 0.99, max_error: 0.05, faster_by: 1.1 },
    inputs: {
      origin: 'samples',
      judged: 2,
      judged_rows: 16,
      calibration: 2,
      calibration_rows: 16,
      calibrated_with_what_is_judged: true,
      timed_request: [],
    },
    noise: 0.02,
    variants,
    samples_left_out: [],
    machine: { cpu: 'cpu', cores: 2, platform: 'linux/x64', threads: 'auto' },
    tools: { mdeploy: '0', node: '26', 'onnxruntime-node': '1.30.0' },
    environment: null,
    date: '2026-01-01T00:00:00.000Z',
    ...more,
  };
}
