import type Docker from 'dockerode';
import { engineFault } from '../../core/docker/faults.ts';
import type { ImageFacts, ImageLayer } from '../builder.ts';
import type { BuildStep } from '../progress.ts';

interface HistoryEntry {
  readonly Id: string;
  readonly CreatedBy: string;
  readonly Size: number;
}

/** Reads back what was built. @throws MdeployError `ENGINE_LOST`, `ENGINE_REFUSED` */
export async function imageFacts(
  docker: Docker,
  id: string,
  steps: readonly BuildStep[],
): Promise<ImageFacts> {
  const image = docker.getImage(id);
  const read = async () => [await image.inspect(), (await image.history()) as HistoryEntry[]] as const;
  const [found, history] = await read().catch((error: unknown) => {
    throw engineFault(error, 'reading the finished image');
  });
  const config = found.Config;
  const entrypoint = listOf(config.Entrypoint);
  return {
    id: found.Id,
    platform: `${found.Os}/${found.Architecture}`,
    bytes: found.Size,
    layers: layersOf(history, steps),
    config: {
      user: config.User ?? '',
      entrypoint,
      command: listOf(config.Cmd),
      healthcheck: config.Healthcheck?.Test ?? [],
      ports: Object.keys(config.ExposedPorts ?? {})
        .filter((port) => port.endsWith('/tcp'))
        .map((port) => Number.parseInt(port, 10)),
    },
  };
}

/** From the base up: one line for the base image, one for every instruction that added bytes. */
export function layersOf(history: readonly HistoryEntry[], steps: readonly BuildStep[]): ImageLayer[] {
  const layers: ImageLayer[] = [];
  const [from, ...others] = steps;
  // The newest comes first; the image of the FROM step and all below it belong to the base.
  const baseAt = history.findIndex((entry) => from?.image !== undefined && isImage(entry.Id, from.image));
  const added = baseAt < 0 ? history : history.slice(0, baseAt);
  const base = history.slice(added.length).reduce((sum, entry) => sum + entry.Size, 0);
  if (added.length < history.length) layers.push({ instruction: from!.instruction, bytes: base });
  for (const entry of [...added].reverse()) {
    if (entry.Size === 0) continue;
    const step = others.find(({ image }) => image !== undefined && isImage(entry.Id, image));
    layers.push({ instruction: step?.instruction ?? plain(entry.CreatedBy), bytes: entry.Size });
  }
  return layers;
}

function isImage(id: string, short: string): boolean {
  return id.replace(/^sha256:/, '').startsWith(short);
}

// "/bin/sh -c #(nop) COPY dir:e3b0… in model/ "
function plain(createdBy: string): string {
  return createdBy.replace(/^\/bin\/sh -c (#\(nop\) *)?/, '').trim();
}

function listOf(value: string | readonly string[] | null | undefined): readonly string[] {
  if (value === null || value === undefined) return [];
  return typeof value === 'string' ? [value] : value;
}
