import { catalogue } from '../../src/core/errors/catalogue.ts';
import type { ErrorRow } from '../../src/core/errors/row.ts';
import { cell } from './table.ts';

/** docs/errors.md: every code of the catalogue, in alphabetical order. */
export function errorsPage(): string {
  const rows = Object.entries<ErrorRow>(catalogue).sort(([a], [b]) => (a < b ? -1 : 1));
  const line = ([code, row]: [string, ErrorRow]) =>
    `| \`${code}\` | ${cell(row.message)} | ${cell(row.remedy)} | ${row.http} | ${row.grpc} | ${row.exit} |`;
  return `${head}${rows.map(line).join('\n')}\n`;
}

const head = `# Errors

<!-- Made by \`npm run docs\` from src/core/errors/; do not edit. -->

Every error of mdeploy has a code. Words in braces are filled in. Beside the message an error names the place (file, line,
column, key path), what was expected and what was received, where they are known. With \`--json\` the error is the
document \`{"schema_version": 1, "error": {"code", "message", "remedy", …}}\` on stdout.

- **HTTP** and **gRPC**: the status a client of the server sees. A row with HTTP 500 is never shown to a client as it
  stands: the client gets the row \`INTERNAL\` and the id of the request, the log has the rest.
- **Exit**: the exit code of the command line. 1: the model or its checks failed. 2: wrong usage or manifest.
  3: the environment lacks something. 130: interrupted.

| Code | Message | Remedy | HTTP | gRPC | Exit |
| --- | --- | --- | --- | --- | --- |
`;
