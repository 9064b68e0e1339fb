import { readFile } from 'node:fs/promises';
import { failure } from '../core/errors/error.ts';
import { reasonOf } from '../core/files.ts';
import { parseSize } from '../core/units.ts';
import { templatePath } from './template-path.ts';

/** A lock of templates/convert/locks/: every package with its version, and in its head what it asks for. */
export interface EnvironmentLock {
  readonly name: string;
  readonly file: string;
  readonly text: string;
  /** `numpy` → `2.4.6`. */
  readonly packages: ReadonlyMap<string, string>;
  /** Lowest and highest minor version of Python 3 for which all of them have wheels. */
  readonly python: readonly [number, number];
  readonly downloadBytes: number;
  readonly diskBytes: number;
}

/** @throws MdeployError `FILE_UNREADABLE` */
export async function readLock(name: string): Promise<EnvironmentLock> {
  const file = templatePath('convert/locks', `${name}.txt`);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw failure('FILE_UNREADABLE', { file, reason: reasonOf(cause) }, { at: { file }, cause });
  }
  const [, low = '11', high = '13'] = /^# python: 3\.(\d+)-3\.(\d+)$/m.exec(text) ?? [];
  return {
    name,
    file,
    text,
    packages: new Map([...text.matchAll(/^([\w.-]+)==(\S+)/gm)].map(([, key, value]) => [key!, value!])),
    python: [Number(low), Number(high)],
    downloadBytes: head(text, 'download'),
    diskBytes: head(text, 'disk'),
  };
}

function head(text: string, key: string): number {
  return parseSize(new RegExp(`^# ${key}: (.+)$`, 'm').exec(text)?.[1] ?? '') ?? 0;
}
