import type { OpenedModel } from '../repository/opened-model.ts';
import { type ReplayRow, replaySamples } from './replay.ts';
import { type ServeOptions, serve } from './serve.ts';

export interface SmokeReport {
  readonly ok: boolean;
  readonly rows: readonly ReplayRow[];
}

/**
 * Starts a server, replays the samples over HTTP, stops it; of several models, one after the other.
 * @throws MdeployError as `serve` and `replaySamples` do
 */
export async function smoke(models: readonly OpenedModel[], options: ServeOptions): Promise<SmokeReport> {
  const reports: SmokeReport[] = [];
  for (const opened of models) reports.push(await smokeOne(opened, options));
  return { ok: reports.every(({ ok }) => ok), rows: reports.flatMap(({ rows }) => rows) };
}

async function smokeOne(opened: OpenedModel, options: ServeOptions): Promise<SmokeReport> {
  const server = await serve(opened, options);
  try {
    const rows = await replaySamples(server.url, opened);
    return { ok: rows.every((row) => row.ok), rows };
  } finally {
    await server.stop();
  }
}

/** The rows as a table for people. */
export function replayText(rows: readonly ReplayRow[]): string {
  if (rows.length === 0) return 'The model loads and the server gets ready. There are no samples to replay.';
  const cells = rows.map(({ ok, sample, output, detail }) => [ok ? 'ok' : 'FAILED', sample, output, detail]);
  const widths = [0, 1, 2].map((column) => Math.max(...cells.map((row) => row[column]!.length)));
  return cells
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
