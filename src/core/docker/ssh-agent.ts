import { spawn } from 'node:child_process';
import { Agent } from 'node:http';
import { Duplex } from 'node:stream';
import { within } from '../within.ts';

export interface SshTarget {
  readonly user?: string;
  readonly host: string;
  readonly port?: number;
}

/**
 * An HTTP agent whose connections are `ssh HOST docker system dial-stdio`, as the Docker client makes them: known
 * hosts are verified, ~/.ssh/config and the agent are used. A library would accept every host key.
 */
export class SshAgent extends Agent {
  readonly #target: SshTarget;

  constructor(target: SshTarget) {
    super({ keepAlive: false });
    this.#target = target;
  }

  #said = '';
  #silent: Promise<void> = Promise.resolve();

  /**
   * The last line that ssh wrote on stderr, without its full stop: its connection just ends when the host is unknown or the key is refused.
   * Waits for it a moment, since that line may come after the end of the connection.
   */
  async lastWords(): Promise<string> {
    await within(1000, this.#silent);
    return this.#said.trimEnd().split('\n').at(-1)!.trim().replace(/\.$/, '');
  }

  override createConnection(): Duplex {
    const child = spawn('ssh', sshArguments(this.#target), { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#said = '';
    this.#silent = new Promise((resolve) => child.stderr.once('close', resolve));
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#said = (this.#said + text).slice(-2000);
    });
    const pair = { readable: child.stdout, writable: child.stdin };
    // The declared types know only the web form of such a pair (nodejs.org, stream.Duplex.from).
    const stream = Duplex.from(pair as object as Iterable<unknown>);
    child.once('error', (error) => stream.destroy(error));
    // Its own end comes with words on stderr, which a kill would cut off.
    stream.once('close', () => {
      const late = setTimeout(() => child.kill(), 500).unref();
      child.once('exit', () => clearTimeout(late));
    });
    return Object.assign(stream, socketManners);
  }
}

/** `--` ends the options of ssh; BatchMode keeps it from asking for a password nobody could type. */
export function sshArguments({ user, host, port }: SshTarget): string[] {
  return [
    '-o',
    'BatchMode=yes',
    '-o',
    'ConnectTimeout=10',
    ...(user === undefined ? [] : ['-l', user]),
    ...(port === undefined ? [] : ['-p', String(port)]),
    '--',
    host,
    'docker',
    'system',
    'dial-stdio',
  ];
}

// What node:http asks of a socket and a plain stream does not have.
const socketManners = {
  setTimeout(this: Duplex) {
    return this;
  },
  setNoDelay(this: Duplex) {
    return this;
  },
  setKeepAlive(this: Duplex) {
    return this;
  },
  ref(this: Duplex) {
    return this;
  },
  unref(this: Duplex) {
    return this;
  },
};
