import { join } from 'node:path';
import { writeFileAtomic } from '../core/files.ts';
import { optimizationHtml } from './html.ts';
import type { OptimizationReport } from './report.ts';

/** Writes optimization.json and the page. */
export async function writeReport(folder: string, report: OptimizationReport): Promise<void> {
  const document = { schema_version: 1, ...report };
  await writeFileAtomic(join(folder, 'optimization.json'), `${JSON.stringify(document, finite, 2)}\n`);
  await writeFileAtomic(join(folder, 'optimization.html'), optimizationHtml(report));
}

// JSON has no infinity.
function finite(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}
