import { within } from '../../core/within.ts';
import { Metrics } from '../../observability/metrics.ts';
import type { Snapshot } from '../../observability/snapshot.ts';
import type { Member } from './member.ts';

/** A process that does not answer in this time (ms) is spoken for by what it said last. */
const answerMs = 1_000;

/** What all processes of a server have counted, those that are gone included: a counter never goes back. */
export class Figures {
  readonly #last = new Map<Member, Snapshot>();
  readonly #gone = new Metrics();

  async of(members: readonly Member[]): Promise<readonly Snapshot[]> {
    const answers = await Promise.all(
      members.map(async (member) => {
        const answer = await within(answerMs, member.ask({ kind: 'snapshot' }));
        const [snapshot] = answer?.ok ? (answer.value ?? []) : [];
        if (!snapshot) return this.#last.get(member);
        this.#last.set(member, snapshot);
        return snapshot;
      }),
    );
    const gone = { ...this.#gone.counts(), models: [], process: [] };
    return [gone, ...answers.filter((snapshot) => snapshot !== undefined)];
  }

  /** Keeps what a process has said last. */
  leave(member: Member): void {
    const last = this.#last.get(member);
    this.#last.delete(member);
    if (last) this.#gone.add(last);
  }
}
