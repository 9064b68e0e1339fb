import { failure, type MdeployError } from '../core/errors/error.ts';

/** The runtime's refusal to load a graph, in its own words without paths, with the remedy its cause calls for. */
export function refusal(name: string, cause: unknown): MdeployError {
  const words = cause instanceof Error ? cause.message : String(cause);
  const known = causes.find(({ sign }) => sign.test(words));
  const reason = words.replace(/(?:[A-Za-z]:)?(?:[\\/][\w.@+-]+){2,}/g, '<path>');
  return failure('MODEL_REFUSED', { name, reason, fix: known?.fix ?? otherwise }, { cause });
}

const otherwise = 'Check the file with `mdeploy inspect`, and export it again from its framework.';

const causes: readonly { readonly sign: RegExp; readonly fix: string }[] = [
  {
    sign: /locale/i,
    fix: 'Install the locale en_US.UTF-8 (Debian: apt-get install locales; localedef -i en_US -f UTF-8 en_US.UTF-8).',
  },
  {
    sign: /IR version/i,
    fix: 'Export again with an older onnx package (IR 13 at most), or lower the IR with its version converter.',
  },
  {
    sign: /opset|Could not find an implementation/i,
    fix: 'Export again with an opset from 7 to 26, or use the onnx version converter.',
  },
  {
    sign: /not a registered function\/op|No Op registered|custom op/i,
    fix: 'The graph uses an operator that the shipped runtime does not have; export it with standard operators.',
  },
  {
    sign: /external data/i,
    fix: 'Put the external data file beside the model, where the file says it lies.',
  },
];
