import type { Logger } from '../../observability/log.ts';
import { type Change, ChangeLog } from './change.ts';
import type { Member } from './member.ts';

/** Whose turn it is to change what is served: one process makes a change, then all others do, then the next has its turn. */
export class Turns {
  readonly log = new ChangeLog();
  readonly #logger: Logger;
  #last: Promise<void> = Promise.resolve();
  #done: (() => void) | undefined;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Waits for the turn. A process that ends in its turn has had it. */
  async take(member: Member): Promise<void> {
    const before = this.#last;
    const turn = Promise.withResolvers<void>();
    this.#last = turn.promise;
    void member.ended.then(() => turn.resolve());
    await before;
    this.#done = turn.resolve;
  }

  /** Ends the turn; before, `change` is made in the other processes. One that cannot make it is replaced. */
  async pass(change: Change | undefined, maker: Member, members: readonly Member[]): Promise<void> {
    const done = this.#done;
    if (change) {
      this.log.add(change);
      const others = members.filter((member) => member !== maker && member.state !== 'leaving');
      await Promise.all(others.map((member) => this.#repeat(change, member)));
    }
    done?.();
  }

  // One that is not ready was started with the changes up to now.
  async #repeat(change: Change, member: Member): Promise<void> {
    const answer = member.state === 'ready' ? await member.ask({ kind: 'change', change }) : undefined;
    if (answer?.ok) return;
    const { number: process, pid } = member;
    this.#logger.error({ process, pid, change }, 'a process could not follow a change and is replaced');
    member.kill();
  }
}
