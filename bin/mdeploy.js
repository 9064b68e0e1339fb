#!/usr/bin/env node
// Nothing here may be newer than what Node 10 can parse, so that an old Node says what is wrong in one line.
var found = process.versions.node.split('.').map(Number);
if (found[0] < 22 || (found[0] === 22 && found[1] < 18)) {
  console.error(
    `mdeploy needs Node 22.18 or newer; this is Node ${process.versions.node} (${process.execPath}).`,
  );
  process.exitCode = 3;
} else {
  start();
}

function start() {
  // Read by the runtime's native library when it is loaded; a worker thread could not set it any more.
  process.env.ORT_DISABLE_TELEMETRY = '1';
  const { enableCompileCache } = process.getBuiltinModule('node:module');
  if (enableCompileCache) enableCompileCache();
  // What was built is what users run, so the build wins where there is one; a fresh clone has only sources, which
  // Node runs as they are.
  import('../dist/main.js')
    .catch((error) => {
      const unbuilt = error.code === 'ERR_MODULE_NOT_FOUND' && /\/dist\/main\.js$/.test(error.url);
      if (!unbuilt) throw error;
      return import('../src/cli/main.ts');
    })
    .then((cli) => cli.main());
}
