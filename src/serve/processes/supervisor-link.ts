import type { Socket } from 'node:net';
import { failure } from '../../core/errors/error.ts';
import { packError, unpackError } from '../../core/errors/wire.ts';
import type { Snapshot } from '../../observability/snapshot.ts';
import type { DoorName } from '../doors/gate.ts';
import type { Answer, Beginning, FromProcess, Question, ToProcess } from './messages.ts';

export interface LinkEvents {
  connected(door: DoorName, socket: Socket | undefined): void;
  asked(question: Question): Promise<readonly Snapshot[] | undefined>;
  /** End when what is in progress is finished: on demand, or because the supervisor is gone. */
  drain(): void;
}

/** The supervisor, seen from a process of the server. */
export class SupervisorLink {
  /** What to do; sent once. */
  readonly beginning: Promise<Beginning>;
  readonly #asked = new Map<number, (answer: Answer) => void>();
  #questions = 0;

  constructor(events: LinkEvents) {
    this.beginning = new Promise((resolve) => {
      process.on('message', (message, socket) => {
        const sent = message as ToProcess;
        if (sent.kind === 'begin') resolve(sent.beginning);
        else this.#take(sent, socket as Socket | undefined, events);
      });
    });
    process.once('disconnect', () => {
      const answer: Answer = { ok: false, error: packError(failure('SHUTTING_DOWN', {})) };
      for (const asker of this.#asked.values()) asker(answer);
      events.drain();
    });
  }

  tell(message: FromProcess): void {
    // Without a supervisor there is nobody to tell, and the end has begun.
    if (process.connected) process.send!(message, undefined, undefined, () => undefined);
  }

  /** @throws MdeployError what the supervisor answers; `SHUTTING_DOWN` when it is gone */
  async ask(question: Question): Promise<readonly Snapshot[] | undefined> {
    if (!process.connected) throw failure('SHUTTING_DOWN', {});
    const id = ++this.#questions;
    const answered = new Promise<Answer>((resolve) => this.#asked.set(id, resolve));
    this.tell({ kind: 'question', id, question });
    const answer = await answered;
    if (answer.ok) return answer.value;
    throw unpackError(answer.error);
  }

  #take(
    message: Exclude<ToProcess, { kind: 'begin' }>,
    socket: Socket | undefined,
    events: LinkEvents,
  ): void {
    switch (message.kind) {
      case 'connection':
        events.connected(message.door, socket);
        return;
      case 'drain':
        events.drain();
        return;
      case 'answer':
        this.#asked.get(message.id)?.(message.answer);
        this.#asked.delete(message.id);
        return;
      case 'question': {
        const { id } = message;
        events.asked(message.question).then(
          (value) => this.tell({ kind: 'answer', id, answer: { ok: true, value } }),
          (error: unknown) =>
            this.tell({ kind: 'answer', id, answer: { ok: false, error: packError(error) } }),
        );
      }
    }
  }
}
