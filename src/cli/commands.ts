import { lazyTable } from '../core/table.ts';
import type { CliCommand } from './command.ts';

/** Every verb and its line in `mdeploy --help`: kept here so that help loads no verb. */
export const summaries: Readonly<Record<string, string>> = {
  init: 'look into a model file and write a commented model.yaml',
  convert: 'convert a trained model to ONNX and prove that its answers stay',
  optimize: 'make a model smaller or faster, keep what is measured to win',
  validate: 'check manifest, files, opset, signature, safety and samples',
  inspect: 'show what is in a model file, a model folder or a package',
  diff: 'show what breaks clients when one model replaces another',
  package: 'make a self-contained, reproducible package of model and server',
  'build-image': 'build a small hardened container image',
  push: 'push an image to a registry and print its digest',
  serve: 'serve a model on this machine over HTTP',
  predict: 'ask a running server, or run a model here, for one prediction',
  bench: 'make load on a server or a model and show its latencies',
  doctor: 'find what is wrong with this machine',
};

export const commands = lazyTable<CliCommand>({
  init: async () => (await import('./commands/init.ts')).command,
  convert: async () => (await import('./commands/convert.ts')).command,
  optimize: async () => (await import('./commands/optimize.ts')).command,
  validate: async () => (await import('./commands/validate.ts')).command,
  inspect: async () => (await import('./commands/inspect.ts')).command,
  diff: async () => (await import('./commands/diff.ts')).command,
  package: async () => (await import('./commands/package.ts')).command,
  'build-image': async () => (await import('./commands/build-image.ts')).command,
  push: async () => (await import('./commands/push.ts')).command,
  serve: async () => (await import('./commands/serve.ts')).command,
  predict: async () => (await import('./commands/predict.ts')).command,
  bench: async () => (await import('./commands/bench.ts')).command,
  doctor: async () => (await import('./commands/doctor.ts')).command,
});

/** Verbs that drain and end by themselves on SIGINT and SIGTERM. */
export const drainingVerbs: ReadonlySet<string> = new Set(['serve']);
