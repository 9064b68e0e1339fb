import { serveFlags } from './flags.ts';

type Flag = keyof typeof serveFlags;

/** What `node server.mjs --help` prints: in a package there is no mdeploy to ask. */
export function serverUsage(): string {
  const lines = (Object.keys(serveFlags) as Flag[]).map((name) => {
    const [value, what] = meanings[name];
    return `  ${`--${name} ${value}`.padEnd(29)}${what}\n`;
  });
  return `Usage: node server.mjs [MODEL] [flags]

Serves the package it lies in, or MODEL: an .onnx file, a folder with model.yaml, a package, a folder of these.

${lines.join('')}  --help                       this text
`;
}

const meanings: Readonly<Record<Flag, readonly [value: string, what: string]>> = {
  port: ['PORT', 'REST port; 0 takes any free one (default: $PORT, else 8501)'],
  'grpc-port': ['PORT', 'gRPC port; without it there is no gRPC'],
  host: ['HOST', 'address to listen on (default: 127.0.0.1)'],
  name: ['NAME', "served name instead of the manifest's"],
  'log-level': ['LEVEL', 'silent, error, warn, info or debug (one line per request)'],
  'drain-delay': ['MS', 'time between failing readiness and closing the port on SIGTERM (default: 250)'],
  processes: ['N', 'processes that share the ports: a number, or auto for one per core (default: 1)'],
  'allow-repository-changes': ['', 'clients may load and unload models; off: they are refused'],
};
