/** `''` and `ai.onnx` are one domain in every ONNX file. */
export function domainName(domain: string): string {
  return domain === '' ? 'ai.onnx' : domain;
}

/** Domains whose operators the shipped runtime brings. */
export const runtimeDomains: ReadonlySet<string> = new Set([
  'ai.onnx',
  'ai.onnx.ml',
  'com.microsoft',
  'com.microsoft.experimental',
  'com.microsoft.nchwc',
  'com.ms.internal.nhwc',
]);
