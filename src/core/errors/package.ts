import type { ErrorRow } from './row.ts';

export const packageErrors = {} as const satisfies Record<string, ErrorRow>;
