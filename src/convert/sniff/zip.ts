import { failure } from '../../core/errors/error.ts';
import type { ByteSource } from '../../onnx/source.ts';
import { scanPickle } from '../pickle/scan.ts';
import type { Sniffed } from '../sniffed.ts';
import { readZip, unzip, type ZipEntry } from '../zip.ts';
import { sniffSkops } from './skops.ts';
import { sniffTorchPickle } from './torch-pickle.ts';

/**
 * PyTorch, Keras 3 and skops keep their models in zip archives.
 * @returns undefined for anything that is no zip archive
 * @throws MdeployError `CONVERT_FORMAT_UNKNOWN` for an archive of something else, `CONVERT_DAMAGED`
 */
export function sniffZip(source: ByteSource): Sniffed | undefined {
  const entries = readZip(source);
  if (entries === undefined) return undefined;
  const names = entries.map(({ name }) => name);
  const ends = (end: RegExp) => names.some((name) => end.test(name));
  // An ExportedProgram: torch.export writes `archive_format` since 2.8, `serialized_exported_program.json` before.
  if (ends(/(^|\/)models\/[^/]+\.json$/) || ends(/(^|\/)serialized_exported_program\.json$/))
    return { format: 'torch-export', ...globalsOf(source, entries) };
  if (ends(/(^|\/)code\//) && ends(/(^|\/)data\.pkl$/)) return { format: 'torchscript' };
  if (ends(/(^|\/)data\.pkl$/)) return sniffTorchPickle(globalsOf(source, entries));
  if (names.includes('metadata.json') && names.includes('config.json')) return { format: 'keras' };
  if (names.includes('schema.json')) return sniffSkops(source, entries);
  throw failure(
    'CONVERT_FORMAT_UNKNOWN',
    {
      file: source.label,
      reason: `it is a zip archive of ${names.slice(0, 3).join(', ') || 'nothing'}, and of no known model`,
    },
    { at: { file: source.label } },
  );
}

// TorchScript keeps its own pickles, which PyTorch reads without Python; all others are Python's.
function globalsOf(source: ByteSource, entries: readonly ZipEntry[]) {
  const pickles = entries.filter(({ name }) => /(^|\/)data\.pkl$/.test(name));
  const scans = pickles.map((entry) => scanPickle(unzip(source, entry)));
  const broken = scans.find((scan) => scan.broken !== undefined)?.broken;
  const root = scans[0]?.root;
  return {
    globals: scans.flatMap(({ globals }) => globals),
    ...(broken !== undefined && { broken }),
    ...(root !== undefined && { root }),
  };
}
