// Preloaded into child.ts: ends the process, as a power cut would, just before its Nth rename.
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

const rename = fs.rename;
let left = Number(process.env.KILL_AT_RENAME);
fs.rename = async (...paths) => {
  left -= 1;
  if (left === 0) process.kill(process.pid, 'SIGKILL');
  return rename(...paths);
};
syncBuiltinESMExports();
