import { type Logger, pino } from 'pino';
import { LineWriter } from './line-writer.ts';

export type { Logger } from 'pino';
export const logLevels = ['silent', 'error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof logLevels)[number];

/**
 * JSON lines on stdout, ISO times; control characters in values are escaped by JSON. Bodies are never logged.
 * @param failed told of every line that could not be written
 * @param base fields of every line
 */
export function makeLog(level: LogLevel, failed: () => void, base: object | null = null): Logger {
  return pino(
    {
      level,
      base,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    new LineWriter(1, failed),
  );
}
