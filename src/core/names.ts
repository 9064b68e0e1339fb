/**
 * The strict grammars of everything a user types that may reach a URL, a path, a generated file or a registry.
 * A value that passes its grammar needs no escaping in any file mdeploy writes.
 */
export const grammars = {
  /** Model names: also file, URL and metric label material. */
  modelName: /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/,
  /** An integer or a semantic version (semver.org 2.0.0, without build metadata, which no image tag can hold). */
  version: /^(0|[1-9]\d{0,8}|(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})(-[0-9A-Za-z.-]{1,64})?)$/,
  /** TF Serving version labels. */
  label: /^\w{1,64}$/,
  envName: /^[A-Za-z_][A-Za-z0-9_]{0,127}$/,
  /** Symbolic axis names. */
  axis: /^[A-Za-z_][A-Za-z0-9_.+\-* ]{0,127}$/,
  /** OCI image repository without tag: distribution/reference `name`. */
  imageRepository:
    /^(?:(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?\.)*[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?::\d{1,5})?\/)?[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*$/,
  /** OCI tag: distribution/reference `tag`. */
  imageTag: /^\w[\w.-]{0,127}$/,
  imageDigest: /^sha256:[a-f0-9]{64}$/,
} as const;

export interface ImageReference {
  /** `host[:port]/path`, without tag and digest. */
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: string;
}

/** Splits `repository[:tag][@digest]` by the distribution/reference grammar; undefined when it does not fit. */
export function parseImageReference(text: string): ImageReference | undefined {
  const at = text.indexOf('@');
  const digest = at < 0 ? undefined : text.slice(at + 1);
  if (digest !== undefined && !grammars.imageDigest.test(digest)) return undefined;
  const named = at < 0 ? text : text.slice(0, at);
  const colon = named.lastIndexOf(':');
  const hasTag = colon > named.lastIndexOf('/');
  const repository = hasTag ? named.slice(0, colon) : named;
  const tag = hasTag ? named.slice(colon + 1) : undefined;
  if (tag !== undefined && !grammars.imageTag.test(tag)) return undefined;
  if (repository.length > 255 || !grammars.imageRepository.test(repository)) return undefined;
  return { repository, ...(tag !== undefined && { tag }), ...(digest !== undefined && { digest }) };
}
