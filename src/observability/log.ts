import { type Logger, pino } from 'pino';

export type { Logger } from 'pino';
export const logLevels = ['silent', 'error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof logLevels)[number];

/** Bytes of lines that wait for a full disk to have room again; beyond it lines are dropped. */
const maxWaiting = 1024 * 1024;

/**
 * JSON lines on stdout, ISO times; control characters in values are escaped by JSON. Bodies are never logged.
 * @param failed told of every write that failed: a full log disk must not end a server
 */
export function makeLog(level: LogLevel, failed: () => void): Logger {
  const destination = pino.destination({ dest: 1, sync: true, maxLength: maxWaiting });
  destination.on('error', failed);
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  );
}
