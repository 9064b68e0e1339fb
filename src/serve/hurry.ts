import type { InferRequest } from '../core/inference.ts';
import type { Ticket } from '../runtime/waiting-room.ts';

/**
 * The ticket with what the request asks of the queue: Triton's parameters `priority` (1 is the most urgent; 0: none) and
 * `timeout` (microseconds in the queue; 0: none; never longer than the manifest allows).
 * @param parameters proven to be whole numbers by the protocol
 */
export function hurried(ticket: Ticket, parameters: NonNullable<InferRequest['parameters']>): Ticket {
  const priority = Number(parameters.priority ?? 0);
  const timeout = Number(parameters.timeout ?? 0);
  return {
    ...ticket,
    ...(priority > 0 && { priority }),
    ...(timeout > 0 && { patienceMs: timeout / 1000 }),
  };
}
