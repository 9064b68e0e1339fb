import { showSize } from '../core/units.ts';
import type { BuiltImage } from './build-image.ts';

/** The `--json` form. */
export function imageDocument(image: BuiltImage, maxBytes: number | undefined): Record<string, unknown> {
  return { ...image, ...(maxBytes !== undefined && { max_size_bytes: maxBytes }) };
}

/** Names, size table by layer, and what the smoke test found. */
export function imageText(image: BuiltImage): string {
  const named = image.tags.length > 0 ? `Built ${image.tags.join(', ')}` : 'Not named, and removed';
  const lines = [`${named}`, `${image.id} ${image.platform}`, ''];
  const sizes = [...image.layers, { instruction: 'in all, uncompressed', bytes: image.bytes }];
  for (const { instruction, bytes } of sizes)
    lines.push(`${showSize(bytes).padStart(9)}  ${shorten(instruction)}`);
  if (image.smoke) lines.push('', ...smokeLines(image.smoke));
  return lines.join('\n');
}

function smokeLines({ ok, readyMs, rows }: NonNullable<BuiltImage['smoke']>): string[] {
  const table = rows.map(
    (row) => `  ${row.ok ? 'ok    ' : 'FAILED'}  ${row.sample}  ${row.output}  ${row.detail}`,
  );
  const verdict = ok ? 'the samples agree' : 'an answer is not the expected one';
  return [`Ready after ${readyMs} ms; ${rows.length === 0 ? 'no samples to replay' : verdict}.`, ...table];
}

function shorten(text: string): string {
  const line = text.replace(/\s+/g, ' ');
  return line.length > 90 ? `${line.slice(0, 90)}…` : line;
}
