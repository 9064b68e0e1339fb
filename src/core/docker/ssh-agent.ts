import { spawn } from 'node:child_process';
import { Agent } from 'node:http';
import { Duplex } from 'node:stream';

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

  /** What ssh said last; its connection just ends when the host is unknown or the key is refused. */
  words = '';

  override createConnection(): Duplex {
    const child = spawn('ssh', sshArguments(this.#target), { stdio: ['pipe', 'pipe', 'pipe'] });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.words = (this.words + text).trimStart().slice(-500);
    });
    const pair = { readable: child.stdout, writable: child.stdin };
    // The declared types know only the web form of such a pair (nodejs.org, stream.Duplex.from).
    const stream = Duplex.from(pair as object as Iterable<unknown>);
    child.once('error', (error) => stream.destroy(error));
    stream.once('close', () => child.kill());
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
