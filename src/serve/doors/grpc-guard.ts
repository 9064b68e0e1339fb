import { ServerInterceptingCall, type ServerInterceptor, ServerListenerBuilder, status } from '@grpc/grpc-js';
import { failure, type MdeployError } from '../../core/errors/error.ts';
import type { House } from '../house.ts';

/** Time in which the message of a call with a single one must have arrived, milliseconds. */
const uploadLimitMs = 60_000;

/**
 * Ends calls whose message does not arrive, and gives the refusals of the transport itself the words and codes of our
 * catalogue.
 */
export function guardCalls(house: House): ServerInterceptor {
  return (method, call) => {
    const send = call.sendStatus;
    // The transport calls this method of its own call, so that a wrapper round the call would not see it.
    call.sendStatus = (given) => {
      const error = catalogued(given.code ?? status.UNKNOWN, given.details ?? '', house);
      if (!error) return send.call(call, given);
      house.metrics.reject('grpc', error.http);
      send.call(call, { code: status[error.grpc], details: `${error.message} ${error.remedy}` });
    };
    if (method.requestStream) return new ServerInterceptingCall(call);
    const timer = setTimeout(() => {
      const { message, remedy } = failure('DEADLINE_EXCEEDED', { limit: uploadLimitMs });
      call.sendStatus({ code: status.DEADLINE_EXCEEDED, details: `${message} ${remedy}` });
    }, uploadLimitMs);
    return new ServerInterceptingCall(call, {
      start: (next) =>
        next(
          new ServerListenerBuilder()
            .withOnReceiveMessage((message, pass) => {
              clearTimeout(timer);
              pass(message);
            })
            .withOnCancel(() => clearTimeout(timer))
            .build(),
        ),
    });
  };
}

// grpc-js tells its reasons only in words.
function catalogued(code: status, details: string, { maxBodyBytes }: House): MdeployError | undefined {
  if (code === status.RESOURCE_EXHAUSTED && details.startsWith('Received message'))
    return failure('BODY_TOO_LARGE', { limit: maxBodyBytes });
  if (code === status.INTERNAL && details === 'Failed to decompress message')
    return failure('BODY_MALFORMED', { format: 'compressed message', reason: 'it cannot be decompressed' });
  return undefined;
}
