import { type Logger, pino } from 'pino';

export type { Logger } from 'pino';
export const logLevels = ['silent', 'error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof logLevels)[number];

/** JSON lines on stdout, ISO times; control characters in values are escaped by JSON. Bodies are never logged. */
export function makeLog(level: LogLevel): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    pino.destination({ dest: 1, sync: true }),
  );
}
