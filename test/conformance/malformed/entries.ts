/**
 * `all`: iris in plain, tfs, v2, torchserve, sagemaker and vertex. `others`: iris in kserve and mlflow, which have paths
 * of tfs and sagemaker. `types`: one model per datatype.
 */
export type ServerName = 'all' | 'others' | 'types';

/** A request that must be refused, and how. */
export interface RestEntry {
  readonly group: string;
  readonly name: string;
  readonly server: ServerName;
  /** All of the request, first line to last byte. */
  readonly bytes: () => Uint8Array | string;
  readonly status: number;
  /** Where the text of the error stands in the reply; `none`: Node's parser refuses it, and says nothing. */
  readonly text: ErrorText;
}

export type ErrorText = 'error' | 'error.message' | 'message' | 'none';

export interface GrpcEntry {
  readonly group: string;
  readonly name: string;
  readonly server: ServerName;
  /** `/inference.GRPCInferenceService/ModelInfer`. */
  readonly path: string;
  /** The bytes of the DATA frames: five bytes of prefix before the message. */
  readonly frame: () => Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  /** Name of the status code. */
  readonly code: string;
}

interface Sent {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A well-framed HTTP/1.1 request. */
export function request(
  path: string,
  body: Uint8Array | string,
  { method = 'POST', headers = {} }: Sent = {},
) {
  const bytes = Buffer.from(body as string);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `${method} ${path} HTTP/1.1\r\nHost: a\r\n${lines.join('')}Content-Length: ${bytes.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head, 'latin1'), bytes]);
}

/** The prefix of a gRPC message and the message. */
export function framed(message: Uint8Array, { flag = 0, length = message.length } = {}): Buffer {
  const prefix = Buffer.alloc(5);
  prefix[0] = flag;
  prefix.writeUInt32BE(length, 1);
  return Buffer.concat([prefix, message]);
}
