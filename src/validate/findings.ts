import type { MdeployError } from '../core/errors/error.ts';
import type { Finding } from './check.ts';

/** An error as findings: itself, and every further fault it carries. */
export function findingsOf(error: MdeployError): Finding[] {
  return [error, ...(error.details.others ?? [])].map(findingOf);
}

export function warning(message: string, remedy: string): Finding {
  return { severity: 'warning', message, remedy };
}

export function note(message: string): Finding {
  return { severity: 'note', message, remedy: '' };
}

function findingOf({ code, message, remedy, details }: MdeployError): Finding {
  const { at, expected, received } = details;
  return {
    severity: 'error',
    code,
    message,
    remedy,
    ...(at && { at }),
    ...(expected !== undefined && { expected }),
    ...(received !== undefined && { received }),
  };
}
