import { asMdeployError, type MdeployError } from '../../core/errors/error.ts';
import type { OpenedModel } from '../../repository/opened-model.ts';
import { type BenchOptions, bench, flagsOf, machineOf, urlsOf } from '../bench.ts';
import type { Machine } from '../report.ts';
import { startServer } from '../server-process.ts';
import { candidatesFor, presentSettings, showCandidate } from './candidate.ts';
import { type Folder, openFolder } from './folder.ts';
import { type Entrant, frontierOf, narrow, type Point, pointsOf, winnerOf } from './standing.ts';

export interface TuneOptions extends Omit<BenchOptions, 'url' | 'metricsUrl' | 'engine'> {
  readonly opened: OpenedModel;
  /** Limit on p99 in milliseconds; undefined: none. */
  readonly p99Ms: number | undefined;
  readonly cores: number;
}

/** The document of `bench --tune --json`. */
export interface TuneReport {
  readonly kind: 'tune';
  readonly mdeploy: string;
  readonly date: string;
  readonly machine: Machine;
  readonly target: string;
  readonly protocol: string;
  readonly p99_limit_ms: number | null;
  /** Settings as they are now, under the load where they are best; null when they could not be measured. */
  readonly present: Point | null;
  /** Null when no settings hold the limit. */
  readonly winner: Point | null;
  readonly frontier: readonly Point[];
  /** Everything that was tried, with what became of it. */
  readonly tried: readonly {
    readonly settings: string;
    readonly rounds: number;
    readonly out: string | null;
    readonly points: readonly Point[];
  }[];
}

const rounds = 3;
/** So many stay to the end, however many there are. */
const least = 4;
/** A server's, with the first load of the model in a process of its own. */
const startMs = 1500;

/**
 * Tries settings on this machine, in rounds so that what else it does falls on all of them; after each round the better half
 * stays. One server runs at a time, and every answer counts as in `bench`.
 * @throws MdeployError the fault of the present settings, when nothing could be measured
 */
export async function tune(options: TuneOptions): Promise<TuneReport> {
  const { opened, cores, p99Ms } = options;
  const entrants: Entrant[] = candidatesFor(cores, presentSettings(opened.manifest)).map((candidate) => ({
    candidate,
    rounds: [],
  }));
  const folder = await openFolder(opened);
  const faults: MdeployError[] = [];
  try {
    for (let round = 1; round <= rounds; round++) {
      const left = entrants.filter(({ out }) => out === undefined);
      // The other way round the next time: a machine that gets warm or busy is unfair to none.
      for (const entrant of round % 2 === 0 ? left.reverse() : left) {
        if (entrant.out !== undefined) continue;
        options.progress(`Round ${round} of ${rounds}: ${showCandidate(entrant.candidate)}`);
        await enter(entrant, folder, options).catch((thrown: unknown) => {
          faults.push(exclude(entrant, entrants, asMdeployError(thrown)));
        });
      }
      if (round < rounds) narrow(entrants, p99Ms, least);
    }
  } finally {
    await folder.close();
  }
  if (entrants.every((entrant) => entrant.rounds.length === 0)) throw faults[0]!;
  return reportOf(entrants, options);
}

async function enter(
  { candidate, rounds: done }: Entrant,
  folder: Folder,
  options: TuneOptions,
): Promise<void> {
  const { processes } = candidate;
  const flags = [...flagsOf(options.wire), ...(processes > 1 ? ['--processes', String(processes)] : [])];
  const server = await startServer(await folder.manifestFor(candidate), 120_000, flags);
  try {
    const { runs } = await bench({ ...options, ...urlsOf(server), progress: () => undefined });
    done.push(runs);
  } finally {
    await server.stop();
  }
}

// A model that takes no batches takes none of any size.
function exclude(entrant: Entrant, entrants: readonly Entrant[], fault: MdeployError): MdeployError {
  entrant.out = fault.message;
  if (!fault.message.includes('BATCHING_UNFIT')) return fault;
  for (const other of entrants) if (other.candidate.batching) other.out ??= fault.message;
  return fault;
}

function reportOf(entrants: readonly Entrant[], options: TuneOptions): TuneReport {
  const { target, protocol, p99Ms } = options;
  const stayed = entrants.filter(({ out }) => out === undefined).flatMap(pointsOf);
  const present = pointsOf(entrants[0]!);
  return {
    kind: 'tune',
    ...machineOf(),
    target,
    protocol,
    p99_limit_ms: p99Ms ?? null,
    present: winnerOf(present, p99Ms) ?? winnerOf(present, undefined) ?? null,
    winner: winnerOf(stayed, p99Ms) ?? null,
    frontier: frontierOf(stayed),
    tried: entrants.map(triedOf),
  };
}

function triedOf(entrant: Entrant): TuneReport['tried'][number] {
  const points = pointsOf(entrant);
  const {
    candidate,
    rounds: done,
    out = points.length === 0 ? 'answers failed or were wrong' : null,
  } = entrant;
  return { settings: showCandidate(candidate), rounds: done.length, out, points };
}

/** Minutes that a sweep takes, near enough: half of the settings leave after each round, and each start takes a while. */
export function minutesFor(
  settings: number,
  { shapes, durationMs, warmupMs }: Pick<TuneOptions, 'shapes' | 'durationMs' | 'warmupMs'>,
): number {
  const starts = settings + Math.max(least, settings / 2) + Math.max(least, settings / 4);
  return Math.ceil((starts * (startMs + shapes.length * (durationMs + warmupMs))) / 60_000);
}
