import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { failure } from '../errors/error.ts';
import { reasonOf } from '../files.ts';

/** PEM texts as node:tls takes them. */
export interface Tls {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly verify: boolean;
}

/**
 * Reads ca.pem, cert.pem and key.pem of a folder. A client certificate is both files or none.
 * @returns undefined when TLS is not wished, or not required and no file is there
 * @throws MdeployError `ENGINE_TLS` for half a certificate, or when it is required and nothing can be verified with
 */
export async function readTls(
  wish: { readonly folder: string; readonly verify: boolean; readonly required: boolean } | undefined,
  origin: { readonly address: string; readonly source: string },
): Promise<Tls | undefined> {
  if (wish === undefined) return undefined;
  const read = async (name: string) => {
    const file = join(wish.folder, name);
    return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
      throw failure('ENGINE_TLS', { ...origin, reason: `${file}: ${reasonOf(error)}` }, { cause: error });
    });
  };
  const [ca, cert, key] = [await read('ca.pem'), await read('cert.pem'), await read('key.pem')];
  if (!wish.required && ca === undefined && cert === undefined && key === undefined) return undefined;
  const missing = missingFile(cert, key, wish.required && wish.verify ? ca : '');
  if (missing !== undefined) {
    throw failure('ENGINE_TLS', { ...origin, reason: `${join(wish.folder, missing)} does not exist` });
  }
  return {
    verify: wish.verify,
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
  };
}

function missingFile(cert?: string, key?: string, ca?: string): string | undefined {
  if (ca === undefined) return 'ca.pem';
  if (cert !== undefined && key === undefined) return 'key.pem';
  return key !== undefined && cert === undefined ? 'cert.pem' : undefined;
}
