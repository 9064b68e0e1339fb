import type { ErrorRow } from './row.ts';

export const modelErrors = {} as const satisfies Record<string, ErrorRow>;
