import type { ErrorRow } from './row.ts';

export const imageErrors = {} as const satisfies Record<string, ErrorRow>;
