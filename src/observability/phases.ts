/** The parts of a request's road that are timed, in order. */
export const phases = ['decode', 'prepare', 'queue', 'run', 'finish', 'encode'] as const;
export type Phase = (typeof phases)[number];
