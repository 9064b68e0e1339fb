import { parentPort, workerData } from 'node:worker_threads';
import { currentRole } from '../core/roles.ts';
import type { Signature, Tensor } from '../core/tensor.ts';
import type { GraphSource } from './graph-source.ts';
import { openOnnxSession } from './runtimes/onnx.ts';

/** What the main thread sends. `stop`: finish, free the graph and let the thread end by itself. */
export type ToWorker =
  | {
      readonly kind: 'run';
      readonly id: number;
      readonly inputs: readonly Tensor[];
      readonly outputs: readonly string[];
    }
  | { readonly kind: 'stop' };

export type FromWorker =
  | { readonly kind: 'ready'; readonly signature: Signature }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'done'; readonly id: number; readonly tensors: readonly Tensor[] }
  | { readonly kind: 'failed'; readonly id: number; readonly reason: string };

/** Entry of the role `engine-worker`: one session on a thread of its own, one run at a time. */
export async function engineWorkerMain(): Promise<void> {
  const port = parentPort!;
  const send = (message: FromWorker) => port.postMessage(message);
  const { source } = workerData as { source: GraphSource };
  const session = await openOnnxSession(source).catch((error: unknown) => {
    send({ kind: 'refused', reason: rootReason(error) });
    port.close();
  });
  if (!session) return;
  port.on('message', async (message: ToWorker) => {
    if (message.kind === 'stop') {
      // Closing the port lets the thread end; terminating it inside a native run would abort the process.
      await session.close();
      port.close();
      return;
    }
    try {
      send({ kind: 'done', id: message.id, tensors: await session.run(message.inputs, message.outputs) });
    } catch (error) {
      send({ kind: 'failed', id: message.id, reason: rootReason(error) });
    }
  });
  send({ kind: 'ready', signature: session.signature });
}

function rootReason(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message : String(cause);
}

if (currentRole() === 'engine-worker') await engineWorkerMain();
