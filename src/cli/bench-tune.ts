import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { parseDuration } from '../bench/arguments.ts';
import { candidatesFor, presentSettings, showCandidate } from '../bench/tune/candidate.ts';
import type { Point } from '../bench/tune/standing.ts';
import { tuneHtml, tuneText } from '../bench/tune/text.ts';
import { minutesFor, type TuneReport, tune } from '../bench/tune/tune.ts';
import { writeSettings } from '../bench/tune/write-settings.ts';
import { failure } from '../core/errors/error.ts';
import { writeFileAtomic } from '../core/files.ts';
import type { OpenedModel } from '../repository/opened-model.ts';
import { type BenchFlags, planBench } from './bench-plan.ts';
import type { Output } from './output.ts';

/** Flags of `bench --tune`. */
export type TuneFlags = BenchFlags;

/**
 * `bench --tune`: sweeps, shows, and writes where that was asked for.
 * @returns the exit code: 1 when no settings hold the limit
 * @throws MdeployError `USAGE`, those of the plan and of the present settings
 */
export async function tuneCommand(
  target: string | undefined,
  flags: TuneFlags,
  output: Pick<Output, 'warn' | 'note' | 'step' | 'result'>,
  cores = availableParallelism(),
): Promise<0 | 1> {
  const { url, rate, coldStart, gate, baseline, html } = flags;
  if ([url, rate, coldStart, gate, baseline].some((flag) => flag !== undefined))
    throw usage('--tune starts MODEL itself: leave out --url, --rate, --cold-start, --gate and --baseline.');
  const p99Ms = flags.p99 === undefined ? undefined : parseDuration(flags.p99, '--p99', 0.001);
  const plan = await planBench(
    target,
    { connections: '1,8,32', duration: '2s', warmup: '500ms', ...flags },
    output,
  );
  const opened = plan.opened!;
  if (flags.write) proveWritable(opened);
  const count = candidatesFor(cores, presentSettings(opened.manifest)).length;
  const minutes = minutesFor(count, plan);
  output.note(`Trying ${count} settings: about ${minutes} minute${minutes === 1 ? '' : 's'}.`);
  const report = await output.step(`Tuning ${plan.target}`, (progress) =>
    tune({ ...plan, opened, p99Ms, cores, progress }),
  );
  if (html !== undefined) await writeFileAtomic(html, tuneHtml(report));
  const written =
    flags.write === true && report.winner !== null && (await write(report, report.winner, opened));
  output.result({ ...report, written }, tuneText(report));
  if (report.winner && flags.write) output.note(noteOf(report.winner, written));
  return report.winner ? 0 : 1;
}

/** @returns false when the manifest says so already */
async function write(
  { date, machine }: TuneReport,
  winner: Point,
  { manifestFile, manifest }: OpenedModel,
): Promise<boolean> {
  const { candidate, connections, requests_per_second: rate, p99_ms: p99 } = winner;
  const { processes } = candidate;
  if (showCandidate({ ...presentSettings(manifest), processes }) === showCandidate(candidate)) return false;
  const figures = `${rate.toFixed(0)} requests/s at ${connections} connections, p99 ${p99.toFixed(1)} ms`;
  const where = `${date.slice(0, 10)}, ${machine.cores} × ${machine.cpu}, --processes ${processes}`;
  const text = await readFile(manifestFile!, 'utf8');
  await writeFileAtomic(manifestFile!, writeSettings(text, candidate, `${figures} (${where})`));
  return true;
}

function noteOf({ candidate }: Point, written: boolean): string {
  const done = written
    ? 'Wrote the best settings into model.yaml.'
    : 'model.yaml has the best settings already.';
  return candidate.processes > 1 ? `${done} Serve with --processes ${candidate.processes}.` : done;
}

function proveWritable({ kind }: OpenedModel): void {
  if (kind === 'folder') return;
  const why = kind === 'package' ? 'A package is not changed' : 'There is no model.yaml to write into';
  const next = kind === 'package' ? 'tune the folder it was made of' : '`mdeploy init` makes one';
  throw usage(`--write: ${why}: ${next}.`);
}

function usage(problem: string) {
  return failure('USAGE', { problem, verb: 'bench' });
}
