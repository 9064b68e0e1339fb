import type { ErrorRow } from './row.ts';

export const manifestErrors = {} as const satisfies Record<string, ErrorRow>;
