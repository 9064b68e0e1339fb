import { integerField, messageField, textField } from '../onnx/rewrite.ts';
import { probeModel } from './probe.ts';

export interface LocaleOptions {
  /** Where a package keeps its own, see `GraphSource`. */
  readonly localePath?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Whether the runtime can use a locale on this machine: asked of the runtime itself, with a model that is nothing but
 * a StringNormalizer, because musl, glibc archives and LOCPATH each keep locales elsewhere.
 * @throws MdeployError `RUNTIME_MISSING`, `PROBE_FAILED`, `INTERRUPTED`
 */
export async function hasLocale(
  locale: string,
  { localePath, signal }: LocaleOptions = {},
): Promise<boolean> {
  const source = {
    name: 'locale',
    path: 'locale.onnx',
    bytes: normalizer(locale),
    intraOpThreads: 1,
    ...(localePath !== undefined && { localePath }),
  } as const;
  const limits = { timeoutMs: 10_000, maxMemoryBytes: 1e9, inputs: [], ...(signal && { signal }) };
  try {
    await probeModel(source, limits);
    return true;
  } catch (error) {
    if ((error as { code?: string }).code === 'MODEL_REFUSED') return false;
    throw error;
  }
}

// Tags are (field number << 3) | wire type, from onnx.proto3.
function normalizer(locale: string): Uint8Array {
  const attributes = [attribute('case_change_action', 3, textField(0x22, 'LOWER'))];
  // Where a model names no locale the runtime has a default of its own.
  if (locale !== 'en_US') attributes.push(attribute('locale', 3, textField(0x22, locale)));
  const node = message(
    textField(0x0a, 'x'),
    textField(0x12, 'y'),
    textField(0x22, 'StringNormalizer'),
    ...attributes,
  );
  const graph = message(
    field(0x0a, node),
    textField(0x12, 'locale'),
    field(0x5a, value('x')),
    field(0x62, value('y')),
  );
  return message(integerField(0x08, 8), field(0x3a, graph), field(0x42, integerField(0x10, 17)));
}

function attribute(name: string, type: number, content: Uint8Array): Uint8Array {
  return field(0x2a, message(textField(0x0a, name), content, varint(type)));
}

/** `attribute.type`, field 20. */
function varint(type: number): Uint8Array {
  return Uint8Array.of(0xa0, 0x01, type);
}

/** A text tensor of shape [1]. */
function value(name: string): Uint8Array {
  const shape = field(0x12, field(0x0a, integerField(0x08, 1)));
  const tensor = field(0x0a, message(integerField(0x08, 8), shape));
  return message(textField(0x0a, name), field(0x12, tensor));
}

function field(tag: number, content: Uint8Array): Uint8Array {
  return Buffer.concat(messageField(tag, [content]));
}

function message(...fields: Uint8Array[]): Uint8Array {
  return Buffer.concat(fields);
}
